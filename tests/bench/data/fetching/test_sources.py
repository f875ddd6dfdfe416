"""The catalogue of what can be fetched."""

from __future__ import annotations

from bench.contracts.registry import Registry
from bench.data.fetching.sources import catalogue


def test_the_catalogue() -> None:
    known = catalogue()
    assert set(known.fetch) == {"emodb", "ravdess", "esc50", "demand", "musan"}
    assert len(known.names) == len(set(known.names))
    for source in known.fetch.values():
        assert (source.kind, source.reads) in Registry.discover().entries
        assert source.unpacked >= sum(one.size for one in source.archives)
        assert len({one.name for one in source.archives}) == len(source.archives)
        for one in source.archives:
            kind, _, digest = one.checksum.partition(":")
            assert one.url.startswith("https://")
            assert len(digest) == {"md5": 32, "sha256": 64}[kind]
            assert set(digest) <= set("0123456789abcdef")
            assert one.binding or one.url.startswith("https://github.com/")
    for licensed in known.ask.values():
        assert licensed.page.startswith("https://")
