"""Token formats that name themselves, one row each: rule, keyword that must occur, pattern.

A pattern starts at a token boundary that the scanner adds, has only bounded repeats, and may name the part
to redact `(?P<secret>…)`. The scanner extends a hit to the whole token, so the lengths here are the least
that count.
"""

from __future__ import annotations

from typing import NamedTuple

from git_fedlearn.privacy import kinds


class TokenFormat(NamedTuple):
    """One format; `keyword` is matched in the case given."""

    rule: str
    keyword: str
    pattern: str
    kind: str = kinds.API_KEY


_W = "[A-Za-z0-9_-]"

FORMATS: tuple[TokenFormat, ...] = (
    TokenFormat("aws-access-key-id", "AKIA", r"AKIA[A-Z0-9]{16}"),
    TokenFormat("aws-session-key-id", "ASIA", r"ASIA[A-Z0-9]{16}"),
    TokenFormat("aws-bearer-key-id", "ABIA", r"ABIA[A-Z0-9]{16}"),
    TokenFormat("github-pat", "ghp_", r"ghp_[A-Za-z0-9]{30,255}"),
    TokenFormat("github-oauth", "gho_", r"gho_[A-Za-z0-9]{30,255}"),
    TokenFormat("github-user-token", "ghu_", r"ghu_[A-Za-z0-9]{30,255}"),
    TokenFormat("github-app-token", "ghs_", r"ghs_[A-Za-z0-9]{30,255}"),
    TokenFormat("github-refresh-token", "ghr_", r"ghr_[A-Za-z0-9]{30,255}"),
    TokenFormat("github-fine-grained-pat", "github_pat_", r"github_pat_[A-Za-z0-9_]{40,255}"),
    TokenFormat(
        "gitlab-token", "gl", rf"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-{_W}{{16,255}}"
    ),
    TokenFormat("anthropic-key", "sk-ant-", rf"sk-ant-{_W}{{20,255}}"),
    TokenFormat(
        "openai-key", "sk-", r"sk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,255}|[A-Za-z0-9]{32,255})"
    ),
    TokenFormat("openrouter-key", "sk-or-", rf"sk-or-v1-{_W}{{32,255}}"),
    TokenFormat("huggingface-token", "hf_", r"hf_[A-Za-z0-9]{30,255}"),
    TokenFormat("groq-key", "gsk_", r"gsk_[A-Za-z0-9]{40,255}"),
    TokenFormat("google-api-key", "AIza", rf"AIza{_W}{{35,64}}"),
    TokenFormat("google-oauth-secret", "GOCSPX-", rf"GOCSPX-{_W}{{24,64}}"),
    TokenFormat("google-oauth-token", "ya29.", rf"ya29\.{_W}{{20,2048}}"),
    TokenFormat("slack-token", "xox", r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,255}"),
    TokenFormat("slack-app-token", "xapp-", r"xapp-\d-[A-Za-z0-9-]{20,255}"),
    TokenFormat("stripe-key", "_live_", r"(?:sk|rk|pk)_live_[A-Za-z0-9]{16,255}"),
    TokenFormat("stripe-test-key", "_test_", r"(?:sk|rk)_test_[A-Za-z0-9]{16,255}"),
    TokenFormat("sendgrid-key", "SG.", rf"SG\.{_W}{{16,64}}\.{_W}{{16,128}}"),
    TokenFormat("npm-token", "npm_", r"npm_[A-Za-z0-9]{36,255}"),
    TokenFormat("pypi-token", "pypi-", rf"pypi-{_W}{{50,512}}"),
    TokenFormat("digitalocean-token", "_v1_", r"do[opr]_v1_[a-f0-9]{40,128}"),
    TokenFormat("hashicorp-vault-token", "hv", rf"hv[sbr]\.{_W}{{20,512}}"),
    TokenFormat("tailscale-key", "tskey-", rf"tskey-[a-z]{{2,12}}-{_W}{{10,128}}"),
    TokenFormat("age-secret-key", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[A-Z0-9]{40,128}", kinds.PRIVATE_KEY),
    TokenFormat("telegram-bot-token", ":AA", rf"[0-9]{{8,10}}:AA{_W}{{32,40}}"),
    TokenFormat("qdrant-cloud-key", "|", rf"[A-Za-z0-9_-]{{20,60}}\|{_W}{{30,80}}"),
    TokenFormat("azure-storage-key", "AccountKey=", r"AccountKey=(?P<secret>[A-Za-z0-9+/]{80,100}={0,2})"),
    TokenFormat("databricks-token", "dapi", r"dapi[a-f0-9]{32}(?:-\d)?"),
    TokenFormat("docker-token", "dckr_", rf"dckr_(?:pat|oat)_{_W}{{20,128}}"),
    TokenFormat("twilio-key", "SK", r"SK[0-9a-f]{32}"),
    TokenFormat(
        "cachix-token", "cachix", r"cachix(?:[A-Z_]{0,24}token)?[=: ]{1,3}(?P<secret>eyJ[\w.-]{20,1024})"
    ),
)
