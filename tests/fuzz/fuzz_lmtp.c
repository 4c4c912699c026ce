/* An LMTP conversation, its bytes handed over in pieces of any size, its events answered in any way. */
#include "fuzz.h"
#include "lmtp.h"

enum { MESSAGE_MAX = 4096 };

typedef struct fate {
    const uint8_t *data; /* what is chosen stands at the end */
    size_t *size;
} fate_t;

static uint8_t choose (fate_t *self)
{
    return fuzz_choice (self->data, self->size);
}

static void answer_message (lmtp_t *lmtp, fate_t *fate)
{
    static const int codes[] = {250, 451, 550};
    size_t size, n = lmtp_recipients (lmtp);
    char *text = lmtp_take (lmtp, &size);
    MUST (n > 0 && n <= LMTP_RECIPIENTS_MAX && size <= MESSAGE_MAX);
    lmtp_sender (lmtp);
    for (size_t i = n; i > 0; i--) { /* backwards: they are said in order all the same */
        MUST (*lmtp_recipient_at (lmtp, i - 1));
        lmtp_answer (lmtp, i - 1, codes[choose (fate) % 3], "2.0.0 fine");
    }
    free (text);
}

static void said (lmtp_t *lmtp)
{
    size_t size;
    const char *words = lmtp_says (lmtp, &size);
    MUST (size == 0 || (words[size - 1] == '\n' && (size < 2 || words[size - 2] == '\r')));
    lmtp_sent (lmtp, size);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    fate_t fate = {data, &size};
    lmtp_t *lmtp = lmtp_new ("mx.example.com", MESSAGE_MAX);
    lmtp_event_t event = LMTP_NOTHING;
    size_t at = 0;
    while (at < size && event != LMTP_CLOSE) {
        size_t piece = 1 + choose (&fate) % 64, used = 0;
        piece = at >= size ? 0 : piece < size - at ? piece : size - at;
        char *bytes = fuzz_bytes (data + at, piece);
        event = lmtp_feed (lmtp, bytes, piece, &used);
        free (bytes);
        MUST (used <= piece);
        at += used;
        if (event == LMTP_RECIPIENT)
            lmtp_answer_recipient (lmtp, choose (&fate) % 4 ? 250 : 550, "2.1.5 fine");
        else if (event == LMTP_MESSAGE)
            answer_message (lmtp, &fate);
        MUST (event != LMTP_WAITS); /* all is answered at once */
        lmtp_crowded (lmtp, choose (&fate) == 1);
        if (choose (&fate) == 2 && lmtp_busy (lmtp))
            lmtp_drop (lmtp);
        lmtp_holds (lmtp);
        said (lmtp);
    }
    if (size & 1)
        lmtp_leave (lmtp, "4.3.2 shutting down");
    else
        lmtp_break (lmtp, "4.4.2 too slow");
    said (lmtp);
    lmtp_destroy (&lmtp);
    return 0;
}
