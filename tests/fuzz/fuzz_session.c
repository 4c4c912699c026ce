/* The console's door: a Cookie header, the cookie itself, the list of proxies that are trusted and the address of whoever comes. */
#include "fuzz.h"
#include "session.h"

#include <string.h>

enum { NOW = 1000000, LATER = 2000000 };
#define TOKEN_TEXT "bs_0123456789_0123456789abcdefghijklmnopqrstuvwxyzABCDE"

static session_keys_t *keys;
static char genuine[SESSION_COOKIE_SIZE];

int LLVMFuzzerInitialize (int *argc, char ***argv)
{
    static const uint8_t nonce[SESSION_NONCE_SIZE] = "a nonce of the console's";
    (void)argc, (void)argv;
    keys = session_keys_new ("0123456789abcdef0123456789abcdef", 32);
    MUST (keys);
    session_seal (keys, TOKEN_TEXT, LATER, nonce, genuine);
    return 0;
}

/* Only what was sealed opens; and not any more once it is over. */
static void open_it (const char *cookie)
{
    char token[TOKEN_SIZE], csrf[CSRF_SIZE];
    wall_ms_t end;
    bool same = strcmp (cookie, genuine) == 0;
    MUST (session_open (keys, cookie, NOW, token, &end) == same);
    MUST (!same || (strcmp (token, TOKEN_TEXT) == 0 && end == LATER));
    MUST (!session_open (keys, cookie, LATER + 1, token, &end));
    session_csrf (keys, "session", cookie, csrf);
    MUST (strlen (csrf) == CSRF_SIZE - 1);
}

/* The genuine one with some bytes changed. */
static void change (const uint8_t *data, size_t size)
{
    char cookie[SESSION_COOKIE_SIZE];
    memcpy (cookie, genuine, sizeof cookie);
    for (size_t i = 0; i + 1 < size; i += 2)
        cookie[data[i] % strlen (genuine)] ^= (char)data[i + 1];
    open_it (cookie);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char value[SESSION_COOKIE_SIZE];
    uint8_t kind = fuzz_choice (data, &size);
    char *list = NULL, *text = NULL;
    switch (kind % 3) {
    case 0:
        text = fuzz_text (data, size);
        if (session_cookie (text, "__Host-buckstop", value) || session_cookie (text, "buckstop", value)) {
            MUST (strlen (value) < sizeof value && strstr (text, value));
            open_it (value);
        }
        break;
    case 1:
        change (data, size);
        break;
    default:
        list = fuzz_line (&data, &size);
        text = fuzz_text (data, size);
        if (!address_list_is_fine (list))
            break;
        address_listed (list, text);
        MUST (*list || !address_listed (list, text));
    }
    free (list);
    free (text);
    return 0;
}
