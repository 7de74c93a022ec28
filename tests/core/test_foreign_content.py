"""What is not JSON lines although its path says so is recognized, and text with broken lines is not."""

import gzip
import lzma
import os
import zlib

import pytest

from git_fedlearn.core.foreign_content import find_foreign_content
from git_fedlearn.core.inspection import SizeLimits, inspect_file
from git_fedlearn.core.merge import UnmergeableError, merge_files
from git_fedlearn.core.record import make_record

SET = "data/patterns/best-practices.jsonl"
RECORD = make_record({"title": "kept"}).line + b"\n"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 12345\n"
TEXT = '{"_id":"0","title":"a lesson of some length"}\n'

FOREIGN = {
    "pointer": (POINTER % (b"4d" * 32), "a Git LFS pointer"),
    "git-crypt": (b"\0GITCRYPT\0" + os.urandom(400), "encrypted by git-crypt"),
    "openssl": (b"U2FsdGVkX18rZ3V0ZW4gVGFn\n", "encrypted"),
    "age": (b"age-encryption.org/v1\n-> X25519 abc\n", "encrypted by age"),
    "gpg": (b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n", "encrypted by GnuPG"),
    "vault": (b"$ANSIBLE_VAULT;1.1;AES256\n6162\n", "encrypted by ansible-vault"),
    "utf-16": (TEXT.encode("utf-16"), "UTF-16"),
    "utf-16-le": (TEXT.encode("utf-16-le"), "UTF-16"),
    "utf-16-be": (TEXT.encode("utf-16-be"), "UTF-16"),
    "utf-32": (TEXT.encode("utf-32"), "UTF-32"),
    "gzip": (gzip.compress(RECORD), "compressed"),
    "xz": (lzma.compress(RECORD), "compressed"),
    "binary": (b"SQLite format 3\0" + zlib.compress(RECORD) + b"\0\1", "binary"),
}


@pytest.mark.parametrize(("data", "what"), FOREIGN.values(), ids=FOREIGN)
def test_foreign_content_is_named_and_never_joined(data: bytes, what: str) -> None:
    assert find_foreign_content(data) == what
    for sides in ((data, RECORD), (RECORD, data), (data, data[:-1])):
        with pytest.raises(UnmergeableError, match=what):
            merge_files(SET, *sides)
    problems = [(problem.line, problem.message) for problem in inspect_file(SET, data, SizeLimits(99, 999))]
    assert problems == [(0, f"{what}, not JSON lines")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        RECORD,
        b"\n\n" + RECORD,
        b"half a line\n" + RECORD,
        b"\0\0\0\0\n" + RECORD,
        b"\xef\xbb\xbf" + RECORD,
        b"<<<<<<< ours\n" + RECORD + b"=======\n>>>>>>> theirs\n",
        b"versions differ\n",
        b"plain words\n",
        '{"title":"naïve 日本"}\n'.encode(),
    ],
)
def test_text_with_broken_lines_is_a_record_set(data: bytes) -> None:
    assert find_foreign_content(data) is None


@pytest.mark.parametrize(
    "path",
    ["data/evals/results.jsonl", "data/metrics/monthly/2026-11.json", "data/a.csv", "src/x.jsonl", "x.jsonl"],
)
def test_files_outside_the_layout_are_never_joined(path: str) -> None:
    with pytest.raises(UnmergeableError):
        merge_files(path, RECORD, RECORD)
