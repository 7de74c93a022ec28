from __future__ import annotations

import pytest

from git_fedlearn.privacy.engine import PrivacyEngine

ENGINE = PrivacyEngine()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "https://maps.acme.io/maps/@48.8566101,2.3522219,15z",
            "https://maps.acme.io/maps/@<COORDINATES>,15z",
        ),
        ("map: https://osm.acme.io/#map=15/48.8566/2.3522", "map: https://osm.acme.io/#map=15/<COORDINATES>"),
        ("POINT(2.35222 48.85661)", "POINT(<COORDINATES>)"),
        (
            '{"type":"Point","coordinates":[2.35222,48.85661]}',
            '{"type":"Point","coordinates":[<COORDINATES>]}',
        ),
        ("we met at 48.8566, 2.3522.", "we met at <COORDINATES>."),
        ("48.85661, 2.35222", "<COORDINATES>"),
        ("N 48° 51′ 24″, E 2° 21′ 08″", "<COORDINATES>"),  # noqa: RUF001 -- minutes as people write them
        ("Lat 48.8566 Lon -2.3522", "Lat <COORDINATES> Lon <COORDINATES_2>"),
        ("?mlat=48.85661&mlon=2.35222", "?mlat=<COORDINATES>&mlon=<COORDINATES_2>"),
        ("d.o.b. 05-Mar-1948", "d.o.b. <DATE_OF_BIRTH>"),
        ("geb. am 05.03.1948; DOB?  5/3/48", "geb. am 05.03.1948; DOB?  <DATE_OF_BIRTH>"),
        ("birthdate: 1948-03-05T00:00:00Z", "birthdate: <DATE_OF_BIRTH>"),
        ("[mei@buildbox ~]$ make", "[<LOGIN> ~]$ make"),
        ("clone ssh://mei@buildbox/srv/x", "clone ssh://<LOGIN>/srv/x"),
        ("ssh -p 22 -l mei buildbox uptime", "ssh -p 22 -l <LOGIN> <LOGIN_2> uptime"),
        ("Host buildbox\n  Port 22\n  User mei\n", "Host <LOGIN>\n  Port 22\n  User <LOGIN_2>\n"),
        ("cd /run/x/../../home/mei/src", "cd /run/x/../..~/src"),
        ("cd ~mei/src", "cd ~/src"),
        (r"open \\files\Users\mei\x.doc", r"open \\files~\x.doc"),
    ],
)
def test_places_births_and_logins_in_the_forms_people_write(before: str, after: str) -> None:
    assert ENGINE.sanitize(before).value == after
    assert ENGINE.sanitize(after).value == after


@pytest.mark.parametrize(
    "text",
    [
        "loss 0.12345 0.23456 at step 3",
        "M12.34567,45.67890 L1.23456,2.34567",
        "upgrade to 4.18.2.9",
        "fe80::1%lo0",
        "about ~20ms/op",
        "host.name:~/x",
        "the coordinates of the window",
        '"coordinates": [121.4737, ' + '31.2304],\n"population": 23416000',
        "privateKey: './testdata/ed25519-encrypted.private'",
        "type x struct {\n\thost   string\n\tuser   string\n}",
        '{"name": "Delhi", "coordinates": [77.1025, ' + "28.7041]}",
        "Tell me your date of birth. The form is of 5/3/1948",
    ],
)
def test_numbers_and_paths_that_are_not_private_are_left_alone(text: str) -> None:
    assert ENGINE.scan(text) == ()
