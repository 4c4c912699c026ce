/* test_signature.c - signatures of platforms on vectors that they publish, and every way in which one is wrong. */
#include "channel_world.h"

/* A request: header and query as "Name: value" and "name=value" lists. */
typedef struct given {
    const char *headers[4], *queries[4];
} given_t;

static const char *find (const char *const *list, const char *name, char separator)
{
    size_t length = strlen (name);
    for (; *list; list++)
        if (strncmp (*list, name, length) == 0 && (*list)[length] == separator)
            return *list + length + 1;
    return NULL;
}

static const char *header (const void *arg, const char *name)
{
    return find (((const given_t *)arg)->headers, name, ':');
}

static const char *query (const void *arg, const char *name)
{
    return find (((const given_t *)arg)->queries, name, '=');
}

#define TWILIO_URL  "https://mycompany.com/myapp.php?foo=1&bar=2"
#define TWILIO_FORM "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
#define TWILIO      "hmac: sha1, value: '{@header.X-Twilio-Signature}', encoding: base64, over: '{@url}{@params}'"
#define SLACK                                                                                              \
    "hmac: sha256, value: '{@header.X-Slack-Signature}', prefix: 'v0=', over: 'v0:{@timestamp}:{@body}', " \
    "timestamp: '{@header.X-Slack-Request-Timestamp}'"
#define SLACK_SECRET "8f742231b10e8888abcd99yyyzzz85a5"
#define SLACK_BODY                                                                                                    \
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name="     \
    "foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks" \
    ".slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121" \
    ".803a0bc887a14d10d2c447fce8b6703c"
#define SLACK_SIGNATURE "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
#define HUB             "hmac: sha256, value: '{@header.X-Hub-Signature-256}', prefix: 'sha256='"
#define HUB_SIGNATURE   "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
#define HUB_SECRET      "It's a Secret to Everybody"
#define FIELDS          "hmac: sha256, value: '{signature}', over: '{timestamp}{token}', timestamp: '{timestamp}'"
#define TOKEN           "token: '{@query.key}'"
#define BASIC           "basic: user"
#define NOW             1531420618000

static const struct row {
    const char *name, *scheme;
    given_t given;
    const char *body, *secret;
    wall_ms_t now;
    signature_verdict_t expect;
} rows[] = {
    /* published: Slack, "Verifying requests"; GitHub, "Validating webhook deliveries"; Twilio's client libraries */
    {"slack",
     SLACK,
     {{"X-Slack-Signature:" SLACK_SIGNATURE, "X-Slack-Request-Timestamp:1531420618"}, {0}},
     SLACK_BODY,
     SLACK_SECRET,
     NOW,
     SIGNATURE_GOOD},
    {"hub", HUB, {{"X-Hub-Signature-256:" HUB_SIGNATURE}, {0}}, "Hello, World!", HUB_SECRET, NOW, SIGNATURE_GOOD},
    {"twilio",
     TWILIO,
     {{"X-Twilio-Signature:RSOYDt4T1cUTdK1PDd93/VVr8B8="}, {0}},
     TWILIO_FORM,
     "12345",
     NOW,
     SIGNATURE_GOOD},
    /* what is wrong with each */
    {"slack, changed",
     SLACK,
     {{"X-Slack-Signature:" SLACK_SIGNATURE, "X-Slack-Request-Timestamp:1531420618"}, {0}},
     SLACK_BODY "x",
     SLACK_SECRET,
     NOW,
     SIGNATURE_FORGED},
    {"slack, other time",
     SLACK,
     {{"X-Slack-Signature:" SLACK_SIGNATURE, "X-Slack-Request-Timestamp:1531420619"}, {0}},
     SLACK_BODY,
     SLACK_SECRET,
     NOW,
     SIGNATURE_FORGED},
    {"slack, five minutes old",
     SLACK,
     {{"X-Slack-Signature:" SLACK_SIGNATURE, "X-Slack-Request-Timestamp:1531420618"}, {0}},
     SLACK_BODY,
     SLACK_SECRET,
     NOW + 5 * MS_PER_MINUTE,
     SIGNATURE_GOOD},
    {"slack, older",
     SLACK,
     {{"X-Slack-Signature:" SLACK_SIGNATURE, "X-Slack-Request-Timestamp:1531420618"}, {0}},
     SLACK_BODY,
     SLACK_SECRET,
     NOW + 5 * MS_PER_MINUTE + 1,
     SIGNATURE_LATE},
    {"slack, from the future",
     SLACK,
     {{"X-Slack-Signature:" SLACK_SIGNATURE, "X-Slack-Request-Timestamp:1531420618"}, {0}},
     SLACK_BODY,
     SLACK_SECRET,
     NOW - 5 * MS_PER_MINUTE - 1,
     SIGNATURE_LATE},
    {"slack, no time",
     SLACK,
     {{"X-Slack-Signature:" SLACK_SIGNATURE}, {0}},
     SLACK_BODY,
     SLACK_SECRET,
     NOW,
     SIGNATURE_NO_TIME},
    {"slack, no such time",
     SLACK,
     {{"X-Slack-Signature:" SLACK_SIGNATURE, "X-Slack-Request-Timestamp:soon"}, {0}},
     SLACK_BODY,
     SLACK_SECRET,
     NOW,
     SIGNATURE_NO_TIME},
    {"hub, other secret",
     HUB,
     {{"X-Hub-Signature-256:" HUB_SIGNATURE}, {0}},
     "Hello, World!",
     "another",
     NOW,
     SIGNATURE_FORGED},
    {"hub, none", HUB, {{0}, {0}}, "Hello, World!", HUB_SECRET, NOW, SIGNATURE_ABSENT},
    {"hub, no prefix",
     HUB,
     {{"X-Hub-Signature-256:757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}, {0}},
     "Hello, World!",
     HUB_SECRET,
     NOW,
     SIGNATURE_MALFORMED},
    {"hub, cut",
     HUB,
     {{"X-Hub-Signature-256:sha256=757107ea"}, {0}},
     "Hello, World!",
     HUB_SECRET,
     NOW,
     SIGNATURE_FORGED},
    {"hub, empty", HUB, {{"X-Hub-Signature-256:sha256="}, {0}}, "Hello, World!", HUB_SECRET, NOW, SIGNATURE_MALFORMED},
    {"hub, too long",
     HUB,
     {{"X-Hub-Signature-256:" HUB_SIGNATURE "00"}, {0}},
     "Hello, World!",
     HUB_SECRET,
     NOW,
     SIGNATURE_MALFORMED},
    {"hub, one of two",
     HUB,
     {{"X-Hub-Signature-256:sha256=00," HUB_SIGNATURE}, {0}},
     "Hello, World!",
     HUB_SECRET,
     NOW,
     SIGNATURE_GOOD},
    {"twilio, other address",
     TWILIO,
     {{"X-Twilio-Signature:RSOYDt4T1cUTdK1PDd93/VVr8B8="}, {0}},
     TWILIO_FORM "&A=1",
     "12345",
     NOW,
     SIGNATURE_FORGED},
    {"twilio, in hex", TWILIO, {{"X-Twilio-Signature:zz!"}, {0}}, TWILIO_FORM, "12345", NOW, SIGNATURE_MALFORMED},
    /* hex of HMAC-SHA-256 ("key", "1531420618" "tok") */
    {"fields, none", FIELDS, {{0}, {0}}, "timestamp=1531420618&token=tok", "key", NOW, SIGNATURE_ABSENT},
    {"fields, half", FIELDS, {{0}, {0}}, "timestamp=1531420618&signature=00", "key", NOW, SIGNATURE_NO_TEXT},
    {"fields, forged", FIELDS, {{0}, {0}}, "timestamp=1531420618&token=tok&signature=00", "key", NOW, SIGNATURE_FORGED},
    {"token", TOKEN, {{0}, {"key=open sesame"}}, "", "open sesame", NOW, SIGNATURE_GOOD},
    {"token, other", TOKEN, {{0}, {"key=open sesam"}}, "", "open sesame", NOW, SIGNATURE_FORGED},
    {"token, longer", TOKEN, {{0}, {"key=open sesame "}}, "", "open sesame", NOW, SIGNATURE_FORGED},
    {"token, none", TOKEN, {{0}, {0}}, "", "open sesame", NOW, SIGNATURE_ABSENT},
    {"token, empty", TOKEN, {{0}, {"key="}}, "", "open sesame", NOW, SIGNATURE_ABSENT},
    {"basic", BASIC, {{"Authorization:Basic dXNlcjpvcGVuIHNlc2FtZQ=="}, {0}}, "", "open sesame", NOW, SIGNATURE_GOOD},
    {"basic, in any case",
     BASIC,
     {{"Authorization:basic  dXNlcjpvcGVuIHNlc2FtZQ=="}, {0}},
     "",
     "open sesame",
     NOW,
     SIGNATURE_GOOD},
    {"basic, other", BASIC, {{"Authorization:Basic dXNlcjpvcGVuIHNlc2FtZQ=="}, {0}}, "", "open", NOW, SIGNATURE_FORGED},
    {"basic, other user", BASIC, {{"Authorization:Basic dXNlOm9wZW4="}, {0}}, "", "open", NOW, SIGNATURE_FORGED},
    {"basic, bearer", BASIC, {{"Authorization:Bearer abc"}, {0}}, "", "open", NOW, SIGNATURE_MALFORMED},
    {"basic, no base64", BASIC, {{"Authorization:Basic !!!"}, {0}}, "", "open", NOW, SIGNATURE_MALFORMED},
    {"basic, none", BASIC, {{0}, {0}}, "", "open", NOW, SIGNATURE_ABSENT},
    {"no secret", HUB, {{"X-Hub-Signature-256:" HUB_SIGNATURE}, {0}}, "Hello, World!", NULL, NOW, SIGNATURE_NO_SECRET},
};

static policy_t *policy_with (const char *scheme)
{
    char text[1024];
    snprintf (text, sizeof text,
              "in: { content: [form, json], verify: { %s, secret: s }, sender: '{a}', text: '{b}' }\n", scheme);
    return world_policy (text, strlen (text), "");
}

static signature_verdict_t check (const policy_t *policy, const struct row *row, const signature_secret_t *secrets,
                                  size_t n, char why[DETAIL_SIZE])
{
    const policy_channel_t *channel = policy_channel (policy, "there");
    pick_request_t request = {
        .header = header, .query = query, .arg = &row->given, .method = "POST", .url = TWILIO_URL};
    request.body = row->body;
    request.size = strlen (row->body);
    pick_scope_t scope = {.request = &request, .channel = channel};
    in_fault_t fault;
    json_t *payload = channel_payload_read (channel->in, "application/x-www-form-urlencoded", row->body,
                                            strlen (row->body), NULL, &fault, why);
    scope.trail[0] = payload;
    scope.trail_n = 1;
    signature_verdict_t verdict = signature_check (&channel->in->verify, &scope, secrets, n, row->now, why);
    pick_scope_clear (&scope);
    json_decref (payload);
    return verdict;
}

static void verdicts (void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        char why[DETAIL_SIZE] = "";
        policy_t *policy = policy_with (row->scheme);
        signature_secret_t secret = {row->secret, row->secret ? strlen (row->secret) : 0};
        signature_verdict_t verdict = check (policy, row, &secret, row->secret != NULL, why);
        if (verdict != row->expect)
            fail_msg ("%s: %s (%s)", row->name, signature_verdict_word (verdict), why);
        assert_int_equal (verdict == SIGNATURE_GOOD, !*why);
        if (row->secret)
            assert_null (strstr (why, row->secret));
        policy_destroy (&policy);
    }
}

/* Mailgun's way: the signature over fields of the form itself. */
static void signed_fields (void **state)
{
    (void)state;
    char body[256], why[DETAIL_SIZE];
    policy_t *policy = policy_with (FIELDS);
    char *hex = g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *)"key", 3, "1531420618tok", -1);
    snprintf (body, sizeof body, "timestamp=1531420618&token=tok&signature=%s", hex);
    g_free (hex);
    struct row row = {"", FIELDS, {{0}, {0}}, body, "key", NOW, SIGNATURE_GOOD};
    assert_int_equal (check (policy, &row, &(signature_secret_t){"key", 3}, 1, why), SIGNATURE_GOOD);
    row.now += MS_PER_DAY;
    assert_int_equal (check (policy, &row, &(signature_secret_t){"key", 3}, 1, why), SIGNATURE_LATE);
    policy_destroy (&policy);
}

/* While a secret is changed either one is good; when the old one is gone, it is not. */
static void rotation (void **state)
{
    (void)state;
    char why[DETAIL_SIZE];
    policy_t *policy = policy_with (HUB);
    struct row row = {"", HUB, {{"X-Hub-Signature-256:" HUB_SIGNATURE}, {0}}, "Hello, World!", "", NOW, SIGNATURE_GOOD};
    signature_secret_t both[] = {{"the new one", 11}, {HUB_SECRET, sizeof HUB_SECRET - 1}};
    assert_int_equal (check (policy, &row, both, 2, why), SIGNATURE_GOOD);
    assert_int_equal (check (policy, &row, both, 1, why), SIGNATURE_FORGED);
    policy_destroy (&policy);
}

/* What needs no payload is judged before one is parsed. */
static void before_payload (void **state)
{
    (void)state;
    static const struct {
        const char *scheme;
        bool early;
    } cases[] = {{SLACK, true}, {HUB, true}, {TOKEN, true}, {BASIC, true}, {TWILIO, false}, {FIELDS, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        policy_t *policy = policy_with (cases[i].scheme);
        assert_int_equal (signature_before_payload (&policy_channel (policy, "there")->in->verify), cases[i].early);
        policy_destroy (&policy);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (verdicts),
        cmocka_unit_test (signed_fields),
        cmocka_unit_test (rotation),
        cmocka_unit_test (before_payload),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
