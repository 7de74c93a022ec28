"""Token formats: a data table, one row each.

`PREFIXED` rows begin with one of their case-sensitive prefixes; `rest` is the least that must follow.
`tokens` adds the boundary before a token and extends a hit to the whole token. `MARKED` rows have a mark
inside: the pattern is tried only on texts that contain it. `SHAPED` rows have no mark that distinguishes
them from ordinary text. Repeats are bounded or anchored, so that a scan stays linear. A row marked `random`
has a prefix that ordinary names use, too, so what follows must look generated.
"""

from __future__ import annotations

from typing import NamedTuple

from git_fedlearn.privacy import kinds


class TokenFormat(NamedTuple):
    """A format recognized by its prefix; `prefixes` are separated by spaces."""

    rule: str
    prefixes: str
    rest: str
    random: bool = False
    kind: str = kinds.API_KEY


class MarkedFormat(NamedTuple):
    """A format recognized by one of its marks; a group `secret` narrows the span."""

    rule: str
    marks: tuple[str, ...]
    pattern: str
    kind: str = kinds.API_KEY


_W = "[A-Za-z0-9_-]"
_A = "[A-Za-z0-9]"
_H = "[A-Fa-f0-9]"
_B = "[A-Za-z0-9+/=_-]"
_UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"


def _row(
    rule: str, prefixes: str, rest: str, *, random: bool = False, kind: str = kinds.API_KEY
) -> TokenFormat:
    return TokenFormat(rule, prefixes, rest, random, kind)


PREFIXED: tuple[TokenFormat, ...] = (
    # clouds
    _row("aws-access-key-id", "AKIA ASIA ABIA ACCA", "[A-Z0-9]{16}"),
    _row("aws-legacy-key-id", "A3T", "[A-Z0-9]{17}", random=True),
    _row("aws-unique-id", "AGPA AIDA AIPA ANPA ANVA AROA APKA ASCA", "[A-Z0-9]{16,17}", random=True),
    _row("aws-bedrock-key", "ABSK bedrock-api-key-", "[A-Za-z0-9+/]{28,800}={0,2}"),
    _row("aws-appsync-key", "da2-", "[a-z0-9]{26}", random=True),
    _row("aws-mws-key", "amzn.mws.", _UUID),
    _row("google-api-key", "AIza", f"{_W}{{33,64}}"),
    _row("google-oauth-secret", "GOCSPX-", f"{_W}{{20,64}}"),
    _row("google-oauth-token", "ya29.", f"{_W}{{20,4096}}"),
    _row("google-oauth-code", "4/0A", f"{_W}{{30,512}}"),
    _row("google-gemini-key", "AQ.Ab8RN6", f"{_W}{{30,128}}"),
    _row("azure-devops-token", "azd", f"{_A}{{49}}", random=True),
    _row("digitalocean-token", "doo_v1_ dop_v1_ dor_v1_", "[a-f0-9]{40,128}"),
    _row("digitalocean-spaces-key", "DO00", "[A-Z0-9]{16}", random=True),
    _row("alibaba-access-key-id", "LTAI", f"{_A}{{12,24}}", random=True),
    _row("alibaba-sts-key-id", "STS.", f"{_A}{{16,64}}", random=True),
    _row("tencent-secret-id", "AKID", f"{_A}{{32,48}}", random=True),
    _row("exoscale-key", "EXO", f"{_A}{{24,30}}", random=True),
    _row("scaleway-access-key", "SCW", "[A-Z0-9]{17}", random=True),
    _row("scalingo-token", "tk-us-", f"{_W}{{40,64}}"),
    _row("upcloud-token", "ucat_", f"{_A}{{24,64}}"),
    _row("heroku-key", "HRKU-", f"{_W}{{36,80}}"),
    _row("fly-token", "fm1r_ fm1a_ fm2_ fo1_", f"{_B}{{40,2048}}"),
    _row("cloudflare-token", "cfut_ cfat_ cfk_", f"{_A}{{30,64}}"),
    _row("cloudflare-origin-ca-key", "v1.0-", "[a-f0-9]{24}-[a-f0-9]{100,160}"),
    _row("yandex-key", "AQVN", f"{_W}{{35,40}}", random=True),
    _row("yandex-token", "t1.9eu t1.", f"[A-Za-z0-9_=-]{{20,512}}\\.{_W}{{60,128}}"),
    _row("vercel-token", "vck_ vca_ vcr_ vci_ vcp_", f"{_W}{{40,80}}"),
    _row("netlify-token", "nfp_ nfo_ nfc_ nfu_ nfb_", f"{_A}{{36,64}}"),
    _row("render-key", "rnd_", f"{_A}{{28,64}}", random=True),
    _row("railway-token", "railway_", f"{_A}{{30,64}}", random=True),
    _row("supabase-key", "sbp_ sb_secret_ sb_publishable_", f"{_W}{{30,64}}"),
    _row("neon-key", "napi_ npg_", f"{_A}{{12,80}}", random=True),
    _row("planetscale-token", "pscale_tkn_ pscale_oauth_ pscale_pw_", r"[\w=.-]{30,64}"),
    _row("pinecone-key", "pcsk_", f"{_A}{{4,8}}_{_A}{{50,80}}"),
    _row("cockroach-key", "CCDB1_", f"{_A}{{20,24}}_{_A}{{36,48}}"),
    _row("mongodb-atlas-secret", "mdb_sa_sk_", f"{_W}{{36,48}}"),
    _row("datastax-token", "AstraCS:", f"{_A}{{20,64}}(?::[a-f0-9]{{20,80}})?"),
    _row("elastic-cloud-key", "essu_", f"{_B}{{40,256}}"),
    _row("aiven-token", "avns_ AVNS_", f"{_W}{{15,64}}"),
    _row("confluent-key", "cflt", f"{_B}{{50,70}}", random=True),
    _row("clickhouse-cloud-secret", "4b1d", f"{_A}{{38}}", random=True),
    _row("databricks-token", "dapi dkea dose dsapi", r"[a-f0-9]{32}(?:-\d)?"),
    _row("snowflake-token", "ver:1-hint:", r"[0-9]{4,16}-ETMsD[A-Za-z0-9+/=]{40,512}"),
    # source and packages
    _row("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]\w{29,255}[\w.-]{0,1024}"),
    _row("github-fine-grained-token", "github_pat_", "[A-Za-z0-9_]{36,255}"),
    _row(
        "gitlab-token",
        "glpat- gldt- glrt- glcbt- glft- glimt- glagent- gloas- glsoat- glffct- glwt- GR1348941",
        rf"{_W}{{16,300}}(?:\.[0-9a-z]{{2}}\.?[0-9a-z]{{7,9}})?",
    ),
    _row("gitlab-trigger-token", "glptt-", f"[0-9a-f]{{40}}(?!{_W})"),
    _row("bitbucket-app-password", "ATBB", f"{_A}{{28,40}}", random=True),
    _row("bitbucket-data-center-token", "BBDC-", f"{_B}{{32,64}}"),
    _row("atlassian-token", "ATATT3xFfGF0 ATCTT3xFfGN0 ATOATT3", r"[\w=-]{60,512}"),
    _row("npm-token", "npm_", f"{_A}{{30,255}}"),
    _row("pypi-token", "pypi-AgE pypi-", f"{_W}{{50,1024}}"),
    _row("rubygems-key", "rubygems_", "[a-f0-9]{40,64}"),
    _row("cargo-token", "cio", f"{_A}{{32}}", random=True),
    _row("clojars-token", "CLOJARS_", "[a-f0-9]{50,64}"),
    _row("nuget-key", "oy2", "[a-z0-9]{43}", random=True),
    _row("docker-token", "dckr_pat_ dckr_oat_", f"{_W}{{20,64}}"),
    _row("docker-swarm-token", "SWMTKN-1- SWMKEY-1-", f"{_B}{{36,100}}"),
    _row("artifactory-key", "AKCp", f"{_A}{{60,80}}"),
    _row("artifactory-reference-token", "cmVmdGtuO cmVmd", f"{_A}{{50,64}}"),
    _row("cloudsmith-key", "csa_", f"{_A}{{32,48}}", random=True),
    _row("circleci-token", "CCIPAT_ CCIPRJ_", f"{_A}{{16,32}}_[a-f0-9]{{32,48}}"),
    _row("buildkite-token", "bkua_ bkaa_ bkaj_ bkar_ bkct_ bkpt_ bkpat_ bkps_", f"{_W}{{36,400}}"),
    _row("mergify-key", "mergify_application_key_", f"{_W}{{40,200}}"),
    _row("octopus-deploy-key", "API-", "[A-Z0-9]{25,32}", random=True),
    _row("sonarqube-token", "squ_ sqp_ sqa_ sqb_", "[a-f0-9]{40}"),
    _row("snyk-token", "snyk_uat. snyk_sat.", r"[\w.-]{40,512}"),
    _row("sourcegraph-token", "sgp_ sgd_ slk_", rf"(?:(?:[a-fA-F0-9]{{16}}|local)_)?{_H}{{40}}(?!\w)"),
    _row("pulumi-token", "pul-", "[a-f0-9]{40}"),
    _row("infracost-key", "ico-", f"{_A}{{32}}"),
    _row("prefect-key", "pnu_ pnb_", f"{_A}{{32,48}}", random=True),
    _row("deno-token", "ddp_ ddo_", f"{_A}{{36,40}}", random=True),
    _row("harness-token", "pat. sat.", rf"{_W}{{22}}\.[0-9a-f]{{24}}\.{_A}{{20}}"),
    _row("nix-cachix-key", "cachix_", f"{_W}{{30,128}}", random=True),
    # secret stores, VPN and identity
    _row(
        "nats-seed",
        "SU SN SO SA SC SX",
        "[A-Z2-7]{48,56}(?![A-Za-z0-9])",
        random=True,
        kind=kinds.PRIVATE_KEY,
    ),
    _row("ntlm-message", "TlRMTVNTUAAB TlRMTVNTUAAC TlRMTVNTUAAD", f"{_B}{{24,2048}}"),
    _row("json-web-key", "eyJrdHkiOi", f"{_B}{{60,8192}}"),
    _row("arcjet-key", "ajkey_", f"{_A}{{20,40}}"),
    _row("fernet-token", "gAAAAAB", f"{_W}{{60,8192}}={{0,2}}"),
    _row("fly-macaroon", "fm2_ fm1r_ fm1a_", f"{_B}{{60,8192}}"),
    _row("intercom-token", "dG9rOm", f"{_B}{{30,120}}"),
    _row("vault-token", "hvs. hvb. hvr.", f"{_W}{{20,512}}"),
    _row("vault-legacy-token", "s.", f"{_A}{{24}}(?![A-Za-z0-9.])", random=True),
    _row(
        "doppler-token",
        "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.",
        rf"(?:[a-z0-9_-]{{2,35}}\.)?{_A}{{40,48}}",
    ),
    _row("1password-token", "ops_eyJ", f"{_B}{{40,4096}}"),
    _row(
        "1password-secret-key",
        "A3-",
        "[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
    ),
    _row("infisical-token", "st.", r"[a-f0-9]{24}\.[a-f0-9]{32}\.[a-f0-9]{32}"),
    _row("age-secret-key", "AGE-SECRET-KEY-1", "[A-Z0-9]{40,128}", kind=kinds.PRIVATE_KEY),
    _row("nostr-secret-key", "nsec1", "[a-z0-9]{58}", kind=kinds.PRIVATE_KEY),
    _row("tailscale-key", "tskey-", f"[a-z]{{2,14}}-{_W}{{10,128}}"),
    _row("defined-networking-key", "dnkey-", "[A-Z0-9]{20,30}-[A-Z0-9]{40,60}"),
    _row("okta-token", "00", f"(?=[a-z0-9_-]{{0,39}}[A-Z]){_W}{{40}}(?!{_W})", random=True),
    _row("workos-key", "sk_live_a2V5Xz sk_test_a2V5Xz", f"{_B}{{40,100}}"),
    _row("stripe-key", "sk_live_ rk_live_ sk_test_ rk_test_ sk_prod_ rk_prod_", f"{_A}{{10,255}}"),
    _row("stripe-publishable-key", "pk_live_", f"{_A}{{16,255}}"),
    _row("stripe-webhook-secret", "whsec_", f"{_B}{{24,128}}"),
    _row("openshift-token", "sha256~", f"{_W}{{40,50}}"),
    _row(
        "paseto",
        "v1.local. v2.local. v3.local. v4.local. v1.public. v2.public. v3.public. v4.public.",
        r"[\w.-]{20,4096}",
    ),
    _row(
        "paserk",
        "k1.secret. k2.secret. k3.secret. k4.secret. k1.local. k2.local. k3.local. k4.local.",
        f"{_W}{{20,512}}",
    ),
    # models
    _row(
        "anthropic-key", "sk-ant-", rf"(?:api|admin)\d\d-{_W}{{93}}AA(?!{_W})|(?!api\d|admin\d){_W}{{20,255}}"
    ),
    _row("openai-key", "sk-proj- sk-svcacct- sk-admin- sk-None- sess-", f"{_W}{{20,255}}"),
    _row("openrouter-key", "sk-or-", f"v1-[a-f0-9]{{64}}(?!{_W})|(?!v1-){_W}{{32,255}}"),
    _row("langfuse-key", "sk-lf- pk-lf-", _UUID),
    _row("minimax-key", "sk-api-", f"{_W}{{60,160}}"),
    _row("openai-style-key", "sk-", f"{_A}{{20,255}}", random=True),
    _row("litellm-key", "sk-", f"(?!ssh-|ecdsa-|ant-|or-v1-){_W}{{20,64}}", random=True),
    _row("huggingface-token", "hf_ api_org_", f"{_A}{{30,64}}"),
    _row("groq-key", "gsk_", f"{_A}{{40,64}}"),
    _row("xai-key", "xai-", f"{_W}{{80}}(?!{_W})"),
    _row("perplexity-key", "pplx-", f"{_A}{{40,64}}"),
    _row("replicate-token", "r8_", f"{_A}{{30,48}}"),
    _row("cerebras-key", "csk-", "[a-z0-9]{40,56}"),
    _row("together-key", "tgp_v1_", f"{_W}{{40,48}}"),
    _row("fireworks-key", "fw_", f"{_A}{{22,32}}", random=True),
    _row("nvidia-key", "nvapi-", f"{_W}{{50,80}}"),
    _row("langsmith-key", "lsv2_pt_ lsv2_sk_", f"{_H}{{32}}_{_H}{{10}}"),
    _row("langsmith-legacy-key", "ls__", f"{_H}{{32}}"),
    _row("llama-cloud-key", "llx-", f"{_A}{{40,64}}"),
    _row("jina-key", "jina_", f"{_W}{{40,80}}"),
    _row("voyage-key", "pa- al-", f"{_W}{{43}}(?!{_W})", random=True),
    _row("tavily-key", "tvly-", f"{_W}{{20,64}}"),
    _row("firecrawl-key", "fc-", "[a-f0-9]{32}"),
    _row("brave-search-key", "BSA", f"{_W}{{24,40}}", random=True),
    _row("runpod-key", "rpa_", f"{_A}{{30,64}}", random=True),
    _row("modal-token", "ak- as-", f"{_A}{{22}}(?!{_W})", random=True),
    _row("wandb-key", "wandb_v1_", "[A-Za-z0-9_]{60,90}"),
    _row("e2b-key", "e2b_", "[a-f0-9]{40}"),
    _row("browserbase-key", "bb_live_ bb_test_", f"{_W}{{20,48}}"),
    _row("composio-key", "ak_", f"{_W}{{20,40}}", random=True),
    _row("elevenlabs-key", "sk_", "[a-f0-9]{48}"),
    _row("cartesia-key", "sk_car_", f"{_W}{{20,40}}"),
    _row("deepgram-key", "dg_", "[a-f0-9]{40}"),
    _row("cursor-key", "key_", "[a-f0-9]{64}"),
    _row("devin-key", "apk_user_ apk_ cog_", f"{_B}{{50,180}}", random=True),
    _row("qdrant-cloud-key", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.", r"[\w.-]{20,2048}"),
    _row("composio-key", "uak_ oak_", f"{_W}{{20,80}}", random=True),
    _row("riot-key", "RGAPI-", _UUID),
    _row("clickup-token", "pk_", r"\d{6,9}_[A-Z0-9]{32}"),
    _row("close-key", "api_", rf"{_A}{{22}}\.{_A}{{22}}"),
    _row("cockroach-key", "CCDB1_", f"{_A}{{20,80}}"),
    _row("builder-key", "bpk-", "[a-f0-9]{32}"),
    # chat and mail
    _row(
        "slack-token",
        "xoxb- xoxp- xoxa- xoxo- xoxr- xoxs- xoxe- xoxc- xoxd- xoxe.xoxb- xoxe.xoxp-",
        r"(?:\d{8,14}-|\d-[\w%/+-]{10}|(?!\d{1,7}-))[\w%/+-]{10,512}={0,2}",
    ),
    _row("slack-app-token", "xapp-", r"\d-[A-Za-z0-9-]{20,255}"),
    _row("discord-mfa-token", "mfa.", f"{_W}{{60,100}}"),
    _row("telegram-bot-token", "bot", r"\d{8,10}:AA[\w-]{30,40}"),
    _row("sendgrid-key", "SG.", rf"{_W}{{16,64}}\.{_W}{{16,128}}"),
    _row("sendinblue-key", "xkeysib- xsmtpsib-", f"[a-f0-9]{{64}}-{_A}{{16}}"),
    _row("mailgun-key", "key-", "[a-z0-9]{32}"),
    _row("mailersend-token", "mlsn.", f"{_A}{{30,100}}"),
    _row("resend-key", "re_", f"{_A}{{6,12}}_{_A}{{20,32}}"),
    _row("postman-key", "PMAK-", "[a-f0-9]{24}-[a-f0-9]{34}"),
    _row(
        "twilio-id",
        "AC SK AD AL CA CF CL CN CR FW IP KS MM PK PN QU RE SC SD SM TR UT XE XR",
        "(?:[0-9a-f]{32}|[0-9A-F]{32})(?![0-9A-Za-z])",
        random=True,
    ),
    _row("telnyx-key", "KEY", f"{_W}{{50,64}}", random=True),
    _row("nylas-key", "nyk_", f"{_A}{{50,80}}"),
    _row("onesignal-key", "os_v2_app_ os_v2_org_", "[a-z2-7]{90,110}"),
    _row("courier-key", "pk_prod_ pk_test_", f"{_A}{{24,64}}", random=True),
    _row("lark-secret", "cli_", f"{_A}{{16}}", random=True),
    # payments and commerce
    _row("square-token", "sq0atp- sq0csp- sq0idp- sq0cpn- sq0saw- sq0acp- sq0rtp-", f"{_W}{{20,64}}"),
    _row("square-access-token", "EAAA", f"{_W}{{56,64}}", random=True),
    _row("braintree-token", "access_token$production$ access_token$sandbox$", r"[0-9a-z]{16}\$[0-9a-z]{32}"),
    _row("shopify-token", "shpat_ shpca_ shppa_ shpss_ shptka_ shpua_", f"{_H}{{32,64}}"),
    _row("woocommerce-secret", "cs_ ck_", "[a-f0-9]{40}"),
    _row("flutterwave-key", "FLWSECK- FLWSECK_TEST- FLWPUBK_TEST-", f"{_A}{{12,64}}(?:-X)?"),
    _row(
        "paddle-key",
        "pdl_live_apikey_ pdl_sdbx_apikey_",
        rf"[a-z0-9]{{26}}_{_A}{{22}}_{_A}{{3}}(?!\w)",
    ),
    _row("razorpay-key", "rzp_live_ rzp_test_", f"{_A}{{14}}"),
    _row("xendit-key", "xnd_production_ xnd_development_", f"{_A}{{40,80}}"),
    _row("asaas-key", "$aact_prod_ $aact_hmlg_", f"{_W}{{20,200}}"),
    _row("easypost-key", "EZAK EZTK", f"{_A}{{54}}"),
    _row("shippo-key", "shippo_live_ shippo_test_", f"{_H}{{40}}"),
    _row("duffel-token", "duffel_test_ duffel_live_", f"{_W}{{40,48}}"),
    _row("lob-key", "live_ test_", f"[a-f0-9]{{35}}(?!{_W})", random=True),
    _row("ramp-secret", "ramp_sec_", f"{_A}{{40,56}}"),
    _row("mercury-token", "mercury_production_", f"{_W}{{40,80}}"),
    _row("polar-token", "polar_at_ polar_oat_ polar_pat_", f"{_W}{{20,100}}"),
    _row("plaid-token", "access-production- access-sandbox- access-development-", _UUID),
    _row("coinbase-token", "cb_live_", f"{_A}{{20,64}}"),
    _row("gocardless-token", "live_", f"{_W}{{40}}(?!{_W})", random=True),
    # work tools
    _row("notion-token", "ntn_ secret_", f"{_A}{{43,50}}", random=True),
    _row("airtable-token", "pat", rf"{_A}{{14}}\.[a-f0-9]{{64}}"),
    _row("linear-key", "lin_api_ lin_oauth_", f"{_A}{{32,80}}"),
    _row("asana-token", "1/ 2/", r"\d{12,18}(?:/\d{12,18})?:[a-f0-9]{32}"),
    _row("figma-token", "figd_ figu_ figo_ figdr_ figur_ figor_", f"{_W}{{30,64}}"),
    _row("canva-secret", "cnvca", f"{_W}{{40,60}}"),
    _row("dropbox-token", "sl.", f"{_W}{{120,512}}"),
    _row("typeform-token", "tfp_", r"[\w.=-]{40,64}"),
    _row("cal-key", "cal_live_ cal_test_ cal_", "[a-f0-9]{32}"),
    _row("hubspot-token", "pat-na1- pat-eu1- pat-na2- pat-ap1-", _UUID),
    _row("contentful-token", "CFPAT-", f"{_W}{{40,64}}"),
    _row("sanity-token", "sk", f"{_A}{{80,200}}", random=True),
    _row("launchdarkly-key", "sdk- api- mob-", _UUID),
    _row("configcat-key", "configcat-sdk-1/", f"{_W}{{20,24}}/{_W}{{20,24}}"),
    _row("devcycle-key", "dvc_server_ dvc_client_ dvc_mobile_", f"{_W}{{8,64}}", random=True),
    _row("segment-token", "sgp_", f"{_A}{{64}}"),
    _row("posthog-key", "phx_ phc_", f"{_W}{{40,64}}"),
    _row("frameio-token", "fio-u-", f"{_W}{{60,70}}"),
    _row("readme-token", "rdme_", "[a-z0-9]{60,80}"),
    _row("postman-key", "PMAT-", f"{_A}{{26}}"),
    _row("apify-token", "apify_api_ apify_proxy_", f"{_A}{{30,48}}"),
    _row("zuplo-key", "zpka_", r"[a-z0-9]{30,36}_[0-9a-f]{8}"),
    _row("unkey-key", "unkey_", f"{_A}{{20,40}}"),
    _row("rootly-key", "rootly_", "[a-f0-9]{64}"),
    _row("pagerduty-key", "pdus+_ u+", f"{_W}{{18,24}}", random=True),
    # observability
    _row("grafana-token", "glc_ glsa_", f"{_B}{{32,400}}"),
    _row("grafana-api-key", "eyJrIjoi", f"{_B}{{40,400}}"),
    _row("newrelic-key", "NRAK- NRJS- NRII- NRAA- NRRA- NRSP-", f"{_W}{{16,48}}"),
    _row("sentry-org-token", "sntrys_", f"eyJ{_B}{{40,512}}"),
    _row("sentry-token", "sntryu_ sntryi_ sntrya_", f"[a-f0-9]{{64}}(?!{_W})"),
    _row(
        "dynatrace-token",
        "dt0c01. dt0s01. dt0a01. dt0e01. dt0i01. dt0s16.",
        r"[A-Za-z0-9]{20,28}\.[A-Za-z0-9]{56,72}",
    ),
    _row("datadog-key", "ddapi_ ddapp_ pub", "[a-f0-9]{32}", random=True),
    _row("honeycomb-key", "hcaik_ hcbik_ hcxik_ hcaic_", f"{_A}{{40,70}}"),
    _row("logfire-token", "pylf_v1_", f"{_W}{{30,80}}"),
    _row("rollbar-token", "post_server_item_", f"{_A}{{32}}"),
    # social and other
    _row("facebook-token", "EAAC EAAM EAAG EAAJ EAAB EAAD EAA", f"{_A}{{80,512}}"),
    _row("instagram-token", "IGQVJ IGQWR IGAA", f"{_W}{{60,512}}"),
    _row("pinterest-token", "pina_", f"{_W}{{20,200}}"),
    _row("twitter-bearer-token", "AAAAAAAAAAAAAAAAAAAAA", "[A-Za-z0-9%]{60,120}"),
    _row("lichess-token", "lip_ lio_", f"{_A}{{16,60}}", random=True),
    _row("roblox-cookie", "_|WARNING:-DO-NOT-SHARE-THIS", r"[\w|.:-]{60,2048}"),
    _row("salesforce-token", "00D", rf"{_A}{{12,15}}![\w.-]{{40,300}}"),
    _row("adobe-secret", "p8e-", f"{_W}{{24,40}}"),
    _row("akamai-token", "akab-", "[0-9a-z]{16}-[0-9a-z]{16}"),
    _row("aikido-token", "AIK_CI_ AIK_SECRET_", f"{_A}{{20,64}}"),
    _row("settlemint-token", "sm_aat_ sm_pat_ sm_sat_", f"{_A}{{16}}"),
    _row("onfido-token", "api_live. api_live_ca. api_live_us. api_sandbox.", f"{_W}{{20,80}}"),
    _row("persona-key", "persona_production_ persona_sandbox_", f"{_W}{{20,80}}"),
    _row("samsara-token", "samsara_api_", f"{_A}{{26,40}}"),
    _row("thunderstore-token", "tss_", f"{_W}{{20,80}}", random=True),
    _row("wakatime-key", "waka_", f"{_UUID}|waka_[a-z0-9]{{36,64}}"),
    _row("workato-token", "wrkaus-eyJ wrkaeu-eyJ wrka-eyJ", r"[\w.-]{60,2048}"),
    _row("val-town-token", "vtwn_", f"{_W}{{20,80}}"),
    _row("redirect-pizza-token", "rpa_", f"{_A}{{30}}", random=True),
    _row("intra42-secret", "s-s4t2ud- s-s4t2af-", "[a-f0-9]{64}"),
    _row("discord-secret", "dcs_", f"{_W}{{24,40}}", random=True),
)

MARKED: tuple[MarkedFormat, ...] = (
    MarkedFormat("newrelic-licence", ("NRAL",), r"[A-Za-z0-9]{30,40}NRAL(?!\w)"),
    MarkedFormat("jwk-private", ("kty",), r"\"(?:d|p|q|dp|dq|qi|k)\"\s?:\s?\"(?P<secret>[\w-]{20,4096})"),
    MarkedFormat("telegram-bot-token", (":AA",), rf"[0-9]{{8,10}}:AA{_W}{{32,40}}"),
    MarkedFormat("terraform-cloud-token", (".atlasv1.",), rf"{_A}{{14}}\.atlasv1\.{_W}{{50,80}}"),
    MarkedFormat("azure-ad-secret", ("Q~",), r"[\w~.-]{3}\dQ~[\w~.-]{30,36}"),
    MarkedFormat(
        "azure-storage-key", ("AccountKey=",), r"AccountKey=(?P<secret>[A-Za-z0-9+/]{60,100}={0,2})"
    ),
    MarkedFormat(
        "azure-shared-access-key",
        ("AccessKey=",),
        r"(?:Shared)?AccessKey=(?P<secret>[A-Za-z0-9+/]{30,100}={0,2})",
    ),
    MarkedFormat("azure-sas-signature", ("sig=",), r"\bsig=(?P<secret>[A-Za-z0-9%/+]{30,120}={0,2})"),
    MarkedFormat(
        "signed-url", ("X-Amz-",), r"X-Amz-(?:Signature|Security-Token)=(?P<secret>[\w%/+=-]{30,4096})"
    ),
    MarkedFormat("signed-url", ("X-Goog-Signature=",), r"X-Goog-Signature=(?P<secret>[0-9a-f]{64,1024})"),
    MarkedFormat("signed-url", ("Signature=",), r"Signature=(?P<secret>[\w%/+=~-]{26,512})"),
    MarkedFormat("query-key", ("appid=",), r"appid=(?P<secret>[0-9a-f]{32})"),
    MarkedFormat("azure-key-checksum", ("JQQJ99",), rf"{_A}{{52}}JQQJ99{_A}{{10,36}}={{0,2}}"),
    MarkedFormat("azure-key-checksum", ("AzSe",), rf"{_A}{{42}}AzSe{_A}{{6,8}}"),
    MarkedFormat("mailchimp-key", ("-us",), r"[0-9a-f]{32}-us[0-9]{1,2}"),
    MarkedFormat("google-refresh-token", ("1//0",), rf"1//0{_W}{{30,512}}"),
    MarkedFormat(
        "google-oauth-client",
        (".apps.googleusercontent.com",),
        r"\d{6,20}-[0-9a-z]{20,40}\.apps\.googleusercontent\.com",
    ),
    MarkedFormat("maxmind-key", ("_mmk",), rf"{_A}{{6}}_{_A}{{29}}_mmk"),
    MarkedFormat("ebay-key", ("-PRD-",), r"[\w]{1,40}-[\w]{1,40}-PRD-[a-f0-9]{8,12}-[a-f0-9]{8,12}"),
    MarkedFormat("fly-macaroon", ("FlyV1 ",), r"FlyV1 (?P<secret>[\w,=/+-]{60,4096})"),
    MarkedFormat("openai-legacy-key", ("T3BlbkFJ",), rf"[A-Za-z0-9_-]{{10,120}}T3BlbkFJ{_W}{{10,120}}"),
    MarkedFormat(
        "npm-legacy-token", ("_authToken",), rf"_authToken\s?=\s?(?P<secret>{_UUID}|{_W}{{20,255}})"
    ),
    MarkedFormat("gitlab-session", ("_gitlab_session=",), r"_gitlab_session=(?P<secret>[0-9a-z]{32})"),
    MarkedFormat("tableau-token", ("==:",), rf"[A-Za-z0-9+/]{{22}}==:{_A}{{32}}"),
    MarkedFormat("cloudinary-url", ("cloudinary://",), r"cloudinary://\d{10,20}:(?P<secret>[\w-]{20,40})@"),
    MarkedFormat(
        "nix-signing-key",
        ("==",),
        r"[\w.-]{1,64}-\d{1,2}:(?P<secret>[A-Za-z0-9+/]{86}==)",
        kinds.PRIVATE_KEY,
    ),
    MarkedFormat("minisign-key", ("RWR",), r"RWRTY0Iy[A-Za-z0-9+/]{100,300}={0,2}", kinds.PRIVATE_KEY),
    MarkedFormat(
        "wireguard-key",
        ("PrivateKey",),
        r"(?:PrivateKey|PresharedKey)\s?=\s?(?P<secret>[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)",
        kinds.PRIVATE_KEY,
    ),
    MarkedFormat(
        "htpasswd-hash",
        ("$2a$", "$2b$", "$2x$", "$2y$", "$apr1$", "$5$", "$6$", "$y$", "$argon2i"),
        r"\$(?:2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|[56]\$(?:rounds=\d{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43,86}|y\$[./A-Za-z0-9]{2,12}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}|argon2id?\$[\w=,$+/-]{30,200})",
        kinds.PASSWORD,
    ),
    MarkedFormat(
        "password-hash",
        ("pbkdf2", "scrypt", "argon2i", "bcrypt_sha256"),
        r"(?:pbkdf2[_:-]sha\d{1,3}|scrypt|argon2id?|bcrypt_sha256)[$:][\w:,=$+./-]{4,64}\$[\w+./-]{4,128}\$[\w+./-]{20,256}={0,2}",
        kinds.PASSWORD,
    ),
    MarkedFormat(
        "ldap-hash",
        ("SHA}",),
        r"\{S?SHA(?:256|512)?\}(?P<secret>[A-Za-z0-9+/]{26,160}={0,2})",
        kinds.PASSWORD,
    ),
    MarkedFormat(
        "ansible-vault",
        ("$ANSIBLE_VAULT",),
        r"\$ANSIBLE_VAULT;[\d.]{3,5};AES256[^\n]{0,64}(?:\s{1,16}[0-9a-f]{40,80}){1,4096}",
        kinds.SECRET,
    ),
    MarkedFormat(
        "otp-secret",
        ("otpauth://",),
        r"otpauth://[^\s\"'<>]{0,200}?[?&]secret=(?P<secret>[A-Z2-7a-z]{16,128})",
        kinds.SECRET,
    ),
)

SHAPED: tuple[MarkedFormat, ...] = (
    MarkedFormat(
        "product-key", ("-",), r"(?=[A-Z]{0,4}[0-9])[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}(?![\w-])", kinds.SECRET
    ),
    MarkedFormat("mailgun-key", ("-",), r"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![\w-])"),
    MarkedFormat(
        "discord-bot-token",
        (".",),
        r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![\w-])",
    ),
    MarkedFormat("zhipu-key", (".",), rf"[a-f0-9]{{32}}\.{_A}{{16}}(?!\w)"),
    MarkedFormat("facebook-app-token", ("|",), rf"\d{{12,18}}\|{_W}{{24,40}}"),
)
"""Formats of grouped characters, tried only in long runs of token characters, of which a text has few."""
