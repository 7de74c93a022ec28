"""Top-level domains that mail really goes to; a method call (`router.get`) ends in none of them.

All two-letter country codes that are delegated, and the generic ones in wide use. Names that are also
endings of source files or methods (`.zip`, `.mov`, `.post`) are left out.
"""

from __future__ import annotations

_COUNTRY = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw
by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et
eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie
il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv
ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr
nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl
sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz
va vc ve vg vi vn vu wf ws ye yt za zm zw
"""
_GENERIC = """
com net org edu gov mil int info biz name pro aero coop museum jobs mobi travel tel asia cat xxx
arpa academy accountant accountants actor agency ai airforce apartments app army art associates
attorney auction audio auto baby band bank bar barcelona beauty beer berlin best bet bid bike bio
black blog blue boston boutique brussels build builders business buzz cab cafe cam camera camp
capital car cards care career careers casa cash casino catering center ceo charity chat cheap church
city claims cleaning clinic clothing cloud club coach codes coffee college cologne community company
computer condos construction consulting contractors cooking cool country coupons courses credit
creditcard cricket cruises cymru dance date dating day deals degree delivery democrat dental dentist
design dev diamonds diet digital direct directory doctor dog domains download earth eco education
email energy engineer engineering enterprises equipment estate events exchange expert exposed
express fail faith family fan fans farm fashion finance financial fish fit fitness flights florist
football forex forsale foundation fun fund furniture futbol fyi gallery game games garden gent gifts
gives glass global gmbh gold golf graphics gratis green gripe group guide guitars guru hamburg haus
health healthcare help hiphop hockey holdings holiday homes horse hospital host hosting house how
immo immobilien inc industries ink institute insurance insure international investments irish
istanbul jetzt jewelry juegos kaufen kim kitchen kiwi koeln land lat law lawyer lease legal lgbt
life lighting limited limo link live llc loan loans lol london love ltd ltda luxury maison
management market marketing markets mba media memorial men menu miami moda moe mom money mortgage
moscow movie nagoya navy network new news ngo ninja nyc observer one online ooo paris partners parts
party pet photo photography photos pics pictures pink pizza place plumbing plus poker porn press
productions properties property pub quebec racing radio realtor recipes red rehab reise reisen rent
rentals repair report republican rest restaurant review reviews rich rip rocks rodeo run ryukyu sale
salon school science scot security select services sex sexy shoes shop shopping show singles site
ski soccer social software solar solutions soy space sport store stream studio study style sucks
supplies supply support surf surgery swiss sydney systems tattoo tax taxi team tech technology
tennis theater tienda tips tires today tokyo tools top tours town toys trade trading training
university uno vacations vegas ventures versicherung vet viajes video villas vin vip vision vodka
vote voyage wales wang watch webcam website wedding wien wiki win wine work works world wtf xyz yoga
yokohama zone
"""
TLDS = frozenset((_COUNTRY + _GENERIC).split())
