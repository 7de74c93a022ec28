"""Names of services that give out generated keys, in lower case and without blanks.

Only names that are no ordinary words: `stripe` and `linear` say nothing about what follows them. Names of
services whose ids and hashes people publish (`github`, `docker`) are left out, too.
"""

from __future__ import annotations

from typing import Final

SERVICES: Final = frozenset(
    """
    abstractapi abuseipdb accuweather activecampaign adafruit adyen aerisweather aftership ahrefs aikido
    airbrake airbyte aircall airtable airvisual aiven akamai alchemyapi algolia alibaba alienvault aliyun
    allsports ambee amplitude anthropic anypoint apideck apiflash apifonica apify apilayer apimatic
    apimetrics apitemplate appcues appdynamics appfollow appointedd appoptics appsflyer apptivo appveyor
    artifactory asana assemblyai atera atlassian autodesk automizely avalara aviationstack aylien ayrshare
    bamboohr bambora bannerbear baremetrics beebole besnappy bestbuy betterstack billomat bitbar
    bitcoinaverage bitfinex bitly bitmex blablacar blazemeter blitapp blockcypher blocknative bombbomb
    boostnote borgbase braintree brandfetch braze browserstack browshot bscscan bugherd bugsnag buildkite
    bulksms buttercms caflou calendarific calendly calorieninja capsulecrm captaindata carboninterface
    cashboard caspio censys centralstationcrm cexio chargebee chargify chartmogul checkio checklyhq
    checkmarx checkvist circleci clarifai clearbit clevertap clickhelp clicksend clickup clinchpad clockify
    clockworksms cloudant cloudconvert cloudflare cloudimage cloudinary cloudmersive cloudplan cloudsmith
    cloverly codacy codeclimate codemagic codequiry cohere coinapi coinbase coingecko coinlayer coinlib
    coinmarketcap companyhub contentful contentstack convertapi convertio convertkit convier copyscape
    couchbase countrylayer coveralls craftmypdf crowdin cryptocompare currencycloud currencyfreaks
    currencylayer currencyscoop currentsapi customerguru customerio dailymotion dandelion dareboost databox
    databricks datadog debounce deepai deepgram deepl deepseek detectify detectlanguage dfuse diffbot
    diggernaut digitalocean discord distribusion docparser documo docusign doppler dovico droneci dropbox
    duply dwolla dynalist dynatrace easyinsight easypost edamam edenai elasticemail elevenlabs enablex
    etherscan ethplorer eventbrite exchangerate exchangeratesapi extractorapi faceplusplus fastforex fastly
    fastspring faunadb fibery figma fileio finage findl finicity finnhub firebase fixerio flatio fleetbase
    flickr flightapi flightlabs flowflu flutterwave formbucket formcraft formio formsite foursquare frameio
    freshbooks freshdesk freshservice fulcrum fullstory gengo geoapify geocodify geocodio geoipify getemail
    getemails getgeoapi getgist getresponse getsandbox glassnode gocanvas gocardless goodday graphcms
    graphhopper gtmetrix gyazo happyscribe harvestapp heatmapapi hellosign helpcrunch helpscout hereapi
    heroku hiveage holidayapi honeybadger honeycomb hubspot huggingface hybiscus hypertrack iconfinder
    iexapis iexcloud imagekit imagga infisical infura insightly instamojo instatus intercom interseller
    intra42 intrinio invoiceocean ip2location ipapi ipdata ipgeolocation ipify ipinfo ipinfodb ipquality
    ipstack jfrog jotform jumpcloud jumpseller kaleyra kanbantool karmacrm keenio keycdn kickbox klaviyo
    klipfolio kucoin kylas languagelayer lastfm launchdarkly leadfeeder leaseweb lemlist lemonsqueezy
    lendflow lessannoyingcrm lexigram linenotify linkedin linkpreview livestorm loadmill locationiq logdna
    loggly loginradius logzio lokalise loyverse lunchmoney luno madkudu magento magicbell mailboxlayer
    mailchimp mailerlite mailersend mailgun mailjet mailjetsms mailmodo mailsac mandrill mapbox mapquest
    marketstack mattermost mavenlink maxmind meaningcloud mediastack meistertask messagebird metaapi
    mindmeister mixpanel mockaroo monkeylearn moonclerk moosend moralis mparticle mrticktock myfreshworks
    nasdaqdatalink netcore nethunt netlify neutrinoapi newrelic newsapi newscatcher nexmo nftport ngrok
    nicereply nightfall novu nozbe nubela numverify nutritionix nylas nytimes oanda okta omnisend onelogin
    onepagecrm onesignal onfleet openai openaq opencage opendatasoft openrouter openuv openweather
    openweathermap opsgenie optimizely packagecloud pagarme pagerduty pandadoc paralleldots parsehub parseur
    partnerstack passbase pastebin paydirtapp paymoapp paymongo paypal paystack pdflayer pdfshift
    peopledatalabs pepipost perplexity pinata pinecone pingdom pipedrive pivotaltracker pixabay plaid
    planview planviewleankit plivo poloniex portainer positionstack postageapp postbin posthog postman
    postmark powrbot prodpad prospectcrm prospectio protocolsio proxycrawl pubnub pulumi purestake
    pushbullet pusher qualaroo quandl quickmetrics quicknode rapidapi razorpay reallysimplesystems
    rechargepayments redbooth rentman repairshopr replicate replyio requestfinance restpackhtmltopdf
    revampcrm ringcentral ringover riskified ritekit rocketchat rocketreach rollbar roninapp route4me rownd
    rubygems runpod runrunit runscope salesblink salescookie salesflare salesforce salesmate sanity
    satismeter saucelabs scalr scrapeowl scraperapi scraperbox scrapestack scrapfly scrapingant scrapingbee
    screenshotapi screenshotlayer scrutinizerci securitytrails segmentio selectpdf sendbird sendgrid
    sendinblue sendpulse sentry serpapi serphouse serpstack sheety shodan shopify shortio shotstack
    shutterstock sidekiq signable signalwire signaturit signupgenius sigopt simfin simplesat simplybook
    simplynoted sinch siteleaf skrapp skybiometry smartsheets smartystreets smooch snipcart snowflake snyk
    socrata sonarcloud sonarqube sourcegraph sparkpost speechtext splunk spoonacular sportradar sportsmonk
    spotify squarespace squareup sslmate statuscake statuspage statuspal stitchdata stockdata storecove
    stormboard storyblok storychief strava streak stripo stytch sugester sumologic supabase supernotes
    surveyanyplace surveybot surveymonkey survicate swiftype tableau tallyfy tatumio tavily taxjar teamgate
    teamviewer teamworkcrm teamworkdesk telesign telnyx textlocal textmagic thingsboard thinkific
    thousandeyes ticketmaster tickettailor ticktick tiingo timecamp timezoneapi tmetric todoist toggltrack
    tokeet tomorrowio tomtom tradier transferwise travelpayouts travisci trello truenas twelvedata twilio
    twitch twitter tyntec typeform ubidots uclassify unplugg unsplash upcdatabase uplead uploadcare
    uptimerobot upwave urlscan userflow userstack vagrantcloud vatlayer vercel veriff veriphone versioneye
    viewneo virustotal visualcrossing voicegain vonage vouchery vpnapi vultr vyte wakatime walkscore
    weatherbit weatherstack webex webflow webscraper webscraping websitepulse wepay whatcms whoxy wistia
    worksnaps workstack worldcoinindex worldweather wrike xero yandex yelp yodlee youneedabudget yousign
    zapier zendesk zenkit zenrows zenscrape zenserp zeplin zerobounce zerotier zipapi zipbooks zipcodeapi
    zipcodebase zoho zonkafeedback zulip
    """.split()
)
