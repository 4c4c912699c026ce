/* Mails, from the first byte of the message on: whatever it is, it says something that passes the checks at the door. */
#include "fuzz.h"
#include "mail_in.h"
#include "wire.h"

#include <gmime/gmime.h>

int LLVMFuzzerInitialize (int *argc, char ***argv)
{
    (void)argc, (void)argv;
    g_mime_init ();
    return 0;
}

static void line (const char *text, size_t size)
{
    size_t length = strnlen (text, size);
    MUST (length < size && utf8_valid (text, length));
    for (const char *at = text; *at; at++)
        MUST ((unsigned char)*at >= ' ' && *at != 127);
}

static void lines (const char *text, size_t most)
{
    size_t length = strlen (text);
    MUST (length <= most && utf8_valid (text, length));
    for (const char *at = text; *at; at++)
        MUST ((unsigned char)*at >= ' ' || *at == '\n' || *at == '\t');
}

static void judge (const mail_in_t *mail)
{
    MUST (mail->kind < MAIL_KINDS && *mail_kind_word (mail->kind));
    MUST ((mail->kind == MAIL_PERSON) == !*mail->why);
    line (mail->from, sizeof mail->from);
    line (mail->from_name, sizeof mail->from_name);
    line (mail->reply_to, sizeof mail->reply_to);
    line (mail->subject, sizeof mail->subject);
    line (mail->message_id, sizeof mail->message_id);
    line (mail->in_reply_to, sizeof mail->in_reply_to);
    line (mail->language, sizeof mail->language);
    line (mail->report.status, sizeof mail->report.status);
    line (mail->report.recipient, sizeof mail->report.recipient);
    line (mail->report.diagnostic, sizeof mail->report.diagnostic);
    for (size_t i = 0; i < mail->references_n; i++)
        line (mail->references[i], ADDRESS_SIZE);
    for (size_t i = 0; i < mail->recipients_n; i++)
        line (mail->recipients[i], ADDRESS_SIZE);
    lines (mail->text, TEXT_MAX);
    lines (mail->fresh, TEXT_MAX);
    MUST (mail->references_n <= MAIL_REFERENCES_MAX && mail->recipients_n <= MAIL_RECIPIENTS_MAX);
    MUST (mail->files_n <= ATTACHMENTS_MAX);
    for (size_t i = 0; i < mail->files_n; i++) {
        line (mail->files[i].name, ATTACHMENT_NAME_SIZE);
        line (mail->files[i].type, ATTACHMENT_TYPE_SIZE);
        line (mail->files[i].note, ATTACHMENT_NOTE_SIZE);
        MUST (mail->files[i].bytes || *mail->files[i].note);
    }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const char *const senders[] = {NULL, "", "<>", "kim@example.com", "MAILER-DAEMON@example.com"};
    uint8_t kind = fuzz_choice (data, &size);
    mail_limits_t limits = mail_limits_default;
    if (kind & 16)
        limits = (mail_limits_t){1000, 3000, 500, 4, 10};
    void *bytes = fuzz_bytes (data, size);
    mail_in_t *mail = mail_in_parse (bytes, size, &limits, senders[kind % 5]);
    free (bytes);
    judge (mail);
    mail_in_destroy (&mail);
    return 0;
}
