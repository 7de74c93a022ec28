"""Names of large cities, in lower case: the position of a city is no position of a person."""

from __future__ import annotations

from typing import Final

CITIES: Final = frozenset(
    name.strip()
    for name in """
    abidjan, abu dhabi, accra, addis ababa, adelaide, ahmedabad, aleppo, alexandria, algiers, almaty, amman,
    amsterdam, ankara, antwerp, asuncion, athens, atlanta, auckland, austin, baghdad, baku, baltimore,
    bamako, bangalore, bangkok, barcelona, basel, beijing, beirut, belfast, belgrade, bengaluru, berlin,
    bern, bilbao, birmingham, bogota, bologna, bonn, bordeaux, boston, brasilia, bratislava, bremen,
    brisbane, bristol, brno, brussels, bucharest, budapest, buenos aires, busan, cairo, calgary, cape town,
    caracas, cardiff, casablanca, chennai, chengdu, chicago, chongqing, cologne, colombo, copenhagen,
    cordoba, dakar, dallas, damascus, dar es salaam, delhi, denver, detroit, dhaka, doha, dortmund, dresden,
    dubai, dublin, durban, dusseldorf, edinburgh, essen, florence, frankfurt, fukuoka, gdansk, geneva,
    genoa, glasgow, gothenburg, graz, guadalajara, guangzhou, guatemala city, hamburg, hanoi, hanover,
    harare, havana, helsinki, ho chi minh city, hong kong, honolulu, houston, hyderabad, islamabad,
    istanbul, jaipur, jakarta, jeddah, jerusalem, johannesburg, kabul, kampala, karachi, kathmandu, kharkiv,
    khartoum, kinshasa, kolkata, krakow, kuala lumpur, kuwait city, kyiv, kiev, kyoto, la paz, lagos,
    lahore, las vegas, leeds, leipzig, lille, lima, lisbon, liverpool, ljubljana, lodz, london, los angeles,
    luanda, lusaka, luxembourg, lviv, lyon, madrid, malaga, manchester, manila, marseille, mecca, medellin,
    melbourne, memphis, mexico city, miami, milan, minneapolis, minsk, monterrey, montevideo, montreal,
    moscow, mumbai, munich, muscat, nagoya, nairobi, nanjing, naples, new delhi, new orleans, new york, new
    york city, nice, novosibirsk, nuremberg, odessa, osaka, oslo, ottawa, palermo, panama city, paris,
    perth, philadelphia, phnom penh, phoenix, pittsburgh, portland, porto, poznan, prague, pretoria, pune,
    quebec, quito, rabat, reykjavik, riga, rio de janeiro, riyadh, rome, rosario, rotterdam, saint
    petersburg, st petersburg, salvador, salzburg, san antonio, san diego, san francisco, san jose,
    santiago, santo domingo, sao paulo, sapporo, sarajevo, seattle, seoul, seville, shanghai, shenzhen,
    singapore, skopje, sofia, stockholm, strasbourg, stuttgart, surabaya, sydney, taipei, tallinn, tampa,
    tashkent, tbilisi, tehran, tel aviv, the hague, tianjin, tirana, tokyo, toronto, toulouse, tripoli,
    tunis, turin, utrecht, valencia, vancouver, venice, vienna, vilnius, warsaw, washington, washington dc,
    wellington, winnipeg, wroclaw, wuhan, yangon, yerevan, yokohama, zagreb, zaragoza, zurich
    """.split(",")
)
