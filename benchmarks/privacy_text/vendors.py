"""Token formats as their vendors' documentation shows them; written without a look at any scanner's rules.

`SHAPES` tell what they are by themselves. `NAMED` are plain random strings which only their name gives away.
"""

SHAPES = """
AKIA{U16} ASIA{U16} ghp_{A36} gho_{A36} ghu_{A36} ghs_{A36} ghr_{A76} github_pat_{A22}_{A59} glpat-{W20}
glptt-{h40} gldt-{W20} glrt-{W20} GR1348941{W20} glcbt-{A2}_{W20} glsoat-{W20} glimt-{W25}
AIza{W35} ya29.{W120} GOCSPX-{W28} 1//0{W60} {d12}-{a32}.apps.googleusercontent.com
xoxb-{d12}-{d12}-{A24} xoxp-{d12}-{d12}-{d12}-{h32} xoxa-2-{d12}-{d12}-{d12}-{h32} xapp-1-A{U10}-{d13}-{h64}
xoxe.xoxp-1-{W160} sk_live_{A24} rk_live_{A24} sk_test_{A24} sk_live_51{A97} whsec_{A32} pk_live_{A24}
SG.{W22}.{W43} key-{h32} {h32}-us{d2} SK{h32} AC{h32} sk-proj-{W48}T3BlbkFJ{W48} sk-{A20}T3BlbkFJ{A20}
sk-ant-api03-{W93}AA sk-svcacct-{W74}T3BlbkFJ{W74} hf_{A34} r8_{A37} gsk_{A52} pplx-{A48} xai-{A80} sk-or-v1-{h64} nvapi-{W64}
tgp_v1_{W43} csk-{a48} lsv2_pt_{h32}_{h10} npm_{A36} pypi-AgEIcHlwaS5vcmc{W120} dckr_pat_{W27} rubygems_{h48}
dop_v1_{h64} doo_v1_{h64} hvs.{W95} hvb.{W140} s.{A24} {A14}.atlasv1.{W67} pul-{h40} shpat_{h32} shpss_{h32} shpca_{h32} shppa_{h32}
sq0atp-{W22} sq0csp-{W43} EAAA{W60} access_token$production${a16}${h32} amzn.mws.{u} lin_api_{A40} ntn_{d11}{A35} secret_{A43}
PMAK-{h24}-{h34} figd_{W40} dapi{h32} dp.pt.{A43} dp.st.dev.{A43} dt0c01.{U24}.{U64} glc_{B120}= glsa_{A32}_{h8} NRAK-{U27} NRJS-{h19} NRII-{W32}
sntrys_{W80} sntryu_{h64} phc_{A43} phx_{A43} rdme_{a70} fo1_{W43} FlyV1 fm2_{B160} tskey-auth-{A17}-{A32} tskey-api-{A17}-{A32}
AGE-SECRET-KEY-1{U58} EZAK{A54} EZTK{A54} shippo_live_{h40} duffel_live_{W43} live_{h35} fio-u-{W64}
pscale_tkn_{W43} pscale_pw_{W43} pscale_oauth_{W43} ops_eyJ{B300} A3-{U6}-{U11}-{U5}-{U5}-{U5} ATATT3xFfGF0{W180}={H8} ATBB{A32} ATCTT3xFfGN0{W160}={H8}
v1.0-{h24}-{h146} LTAI{A20} AKID{A32} da2-{a26} {d9}:AA{W33} {d10}:AA{W33} MT{A22}.G{A5}.{W38} NjI{A21}.X{A5}.{W27} mfa.{W84}
eyJrIjoi{B80}= CFPAT-{W43} sk_car_{A24} e2b_{h40} lsv2_sk_{h32}_{h10} tvly-{A32} fc-{h32} rpa_{A46} wandb_v1_{A70}
pat{A14}.{h64} hcaik_01{a26}{a32} xkeysib-{h64}-{A16} mlsn.{h64} re_{A8}_{A24} sbp_{h40} sb_secret_{W22}_{W8} vcp_{A56}
bkua_{h40} CCIPAT_{A22}_{h40} sha256~{W43} tfp_{W44}_{W14} ddp_{A36} rnd_{A32} napi_{a64} nfp_{A36} squ_{h40} sqp_{h40} sgp_{h40} snyk_uat.{h8}.{W60}
xsmtpsib-{h64}-{A16} EAACEdEose0cBA{A150} EAAG{A170} IGQVJ{W150} AAAAAAAAAAAAAAAAAAAAA{A80} {A3}8Q~{W34} oy2{a43} CLOJARS_{h60}
API-{U30} rzp_live_{A14} FLWSECK-{h32}-X FLWSECK_TEST-{h12} sk_prod_{A24} xnd_production_{A56} pdl_live_apikey_01{a26}_{A22}_{A3}
sl.{W140} pina_{A64} ico-{A32} sess-{A40} bb_live_{W40} cal_live_{h32} zpka_{a32}_{h8} apify_api_{A36} lip_{A20} dG9rOm{A32}
p8e-{a32} akab-{a16}-{a16} AIK_SECRET_{A42} ABSK{B108}== bedrock-api-key-{B100} AQ.Ab8RN6{W44} jina_{h32}{W28} pa-{W43} vck_{A56}
pcsk_{A5}_{A63} key_{h64} sk-lf-{u} pk-lf-{u} fw_{A24} gAAAAAB{W93}= tk-us-{W48} ubi_{A36} hvr.{W95} ramp_sec_{A48}
ghs_{d6}_{W200} glagent-{W50} cfut_{A40}{h8} cfat_{A40}{h8} cfk_{A40}{h8} sk_{h48} ddapp_{h32}
""".split("\n")

NAMED = (
    ("HEROKU_API_KEY", "{u}"), ("DD_API_KEY", "{h32}"), ("DATADOG_APP_KEY", "{h40}"), ("ALGOLIA_ADMIN_KEY", "{h32}"),
    ("CLOUDFLARE_API_TOKEN", "{W40}"), ("CLOUDFLARE_GLOBAL_API_KEY", "{h37}"), ("FASTLY_API_TOKEN", "{W32}"),
    ("TWITTER_CONSUMER_SECRET", "{A50}"), ("TWITTER_ACCESS_TOKEN_SECRET", "{A45}"), ("FACEBOOK_APP_SECRET", "{h32}"),
    ("GITHUB_CLIENT_SECRET", "{h40}"), ("DISCORD_CLIENT_SECRET", "{W32}"), ("SPOTIFY_CLIENT_SECRET", "{h32}"),
    ("AZURE_CLIENT_SECRET", "{P34}"), ("azure_tenant_client_secret", "{u}"), ("AWS_SECRET_ACCESS_KEY", "{B40}"),
    ("aws_session_token", "FwoGZXIvYXdzE{B200}=="), ("TRAVIS_TOKEN", "{A22}"), ("CIRCLE_TOKEN", "{h40}"),
    ("CODECOV_TOKEN", "{u}"), ("COVERALLS_REPO_TOKEN", "{A32}"), ("SNYK_TOKEN", "{u}"), ("SONAR_TOKEN", "{h40}"),
    ("NPM_TOKEN", "{u}"), ("LAUNCHDARKLY_SDK_KEY", "sdk-{u}"), ("MAILCHIMP_API_KEY", "{h32}-us{d2}"),
    ("TWILIO_AUTH_TOKEN", "{h32}"), ("STRIPE_WEBHOOK_SECRET", "whsec_{A32}"), ("SEGMENT_WRITE_KEY", "{A32}"),
    ("MIXPANEL_TOKEN", "{h32}"), ("AMPLITUDE_API_KEY", "{h32}"), ("ROLLBAR_ACCESS_TOKEN", "{h32}"),
    ("BUGSNAG_API_KEY", "{h32}"), ("NEW_RELIC_LICENSE_KEY", "{h36}NRAL"), ("PAGERDUTY_API_KEY", "{A20}"),
    ("OPSGENIE_API_KEY", "{u}"), ("ZENDESK_SECRET_KEY", "{h64}"), ("INTERCOM_TOKEN", "dG9rOm{A42}="),
    ("HUBSPOT_API_KEY", "{u}"), ("TRELLO_API_TOKEN", "{h64}"), ("JIRA_API_TOKEN", "{A24}"), ("BITBUCKET_CLIENT_SECRET", "{A32}"),
    ("DROPBOX_APP_SECRET", "{a15}"), ("BOX_CLIENT_SECRET", "{A32}"), ("LINKEDIN_CLIENT_SECRET", "{A16}"),
    ("TELEGRAM_API_HASH", "{h32}"), ("PUSHER_APP_SECRET", "{h20}"), ("ETHERSCAN_API_KEY", "{U34}"), ("INFURA_API_KEY", "{h32}"),
    ("ALCHEMY_KEY", "{W32}"), ("COINBASE_API_SECRET", "{A32}"), ("BINANCE_SECRET_KEY", "{A64}"), ("KRAKEN_PRIVATE_KEY", "{B86}=="),
    ("OPENWEATHER_API_KEY", "{h32}"), ("MAPS_API_KEY", "AIza{W35}"), ("NEWSAPI_KEY", "{h32}"), ("WANDB_API_KEY", "{h40}"),
    ("COHERE_API_KEY", "{A40}"), ("MISTRAL_API_KEY", "{A32}"), ("TOGETHER_API_KEY", "{h64}"), ("DEEPSEEK_API_KEY", "sk-{h32}"),
    ("PINECONE_API_KEY", "{u}"), ("WEAVIATE_API_KEY", "{A40}"), ("QDRANT_API_KEY", "{W38}"), ("ELASTIC_API_KEY", "{B58}=="),
    ("RAILS_MASTER_KEY", "{h32}"), ("SECRET_KEY_BASE", "{h128}"), ("DJANGO_SECRET_KEY", "{P50}"), ("APP_KEY", "base64:{B43}="),
    ("JWT_SECRET", "{A40}"), ("SESSION_SECRET", "{h64}"), ("COOKIE_SECRET", "{W44}"), ("ENCRYPTION_KEY", "{B43}="),
    ("NEXTAUTH_SECRET", "{B43}="), ("KEYCLOAK_CLIENT_SECRET", "{u}"), ("OAUTH_CLIENT_SECRET", "{W40}"), ("AUTH0_CLIENT_SECRET", "{W64}"),
    ("OKTA_API_TOKEN", "00{W40}"), ("VAULT_TOKEN", "hvs.{W95}"), ("CONSUL_HTTP_TOKEN", "{u}"), ("NOMAD_TOKEN", "{u}"),
    ("ARTIFACTORY_API_KEY", "AKCp{A69}"), ("DOCKER_HUB_TOKEN", "{u}"), ("QUAY_ROBOT_TOKEN", "{U64}"), ("access_token", "{W180}"),
    ("refresh_token", "{W64}"), ("webhook_secret", "{h40}"), ("hmac_key", "{h64}"), ("signingKey", "{B64}"),
    ("apiKey", "{A32}"), ("api-key", "{W40}"), ("x-api-key", "{A40}"), ("secret", "{A24}"), ("authToken", "{h40}"), ("bearerToken", "{W60}"),
    ("private_token", "{W20}"), ("deploy_token", "{A20}"), ("ACCESS_KEY", "{A20}"), ("storage_account_key", "{B86}=="),
    ("subscription_key", "{h32}"), ("licenseKey", "{U5}-{U5}-{U5}-{U5}-{U5}"), ("master_key", "{A32}"), ("shared_secret", "{232}"),
)  # fmt: skip


def shapes() -> list[str]:
    """All shapes of self-telling tokens."""
    words = " ".join(SHAPES).replace("FlyV1 ", "FlyV1\0").split()
    return [word.replace("\0", " ") for word in words]
