/* mail_kind_words.c - how machines word what people do not: subjects and bodies of bounces, absence, senders. */
#include "mail_private.h"

#include <string.h>

static const char *found (const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strstr (text, *words))
            return *words;
    return "";
}

static const char *const subjects[] = {"delivery status notification",
                                       "delivery notification",
                                       "delivery report",
                                       "delivery status",
                                       "delivery failure",
                                       "delivery has failed",
                                       "delivery failed",
                                       "delivery error",
                                       "delivery problem",
                                       "delivery attempt",
                                       "undeliverable",
                                       "undelivered",
                                       "undeliver",
                                       "non-delivery",
                                       "non delivery",
                                       "nondeliverable",
                                       "returned mail",
                                       "returned to sender",
                                       "return to sender",
                                       "failure notice",
                                       "failure notification",
                                       "mail failure",
                                       "mail system error",
                                       "could not be delivered",
                                       "could not deliver",
                                       "couldn't be delivered",
                                       "not be delivered",
                                       "not delivered",
                                       "unable to deliver",
                                       "could not send message",
                                       "message delayed",
                                       "delayed mail",
                                       "delivery delayed",
                                       "delivery temporarily",
                                       "message you sent blocked",
                                       "bounced mail",
                                       "bounce message",
                                       "mail delivery system",
                                       "mail delivery subsystem",
                                       "permanent delivery",
                                       "postmaster notify",
                                       "loop alert",
                                       "unzustellbar",
                                       "nicht zugestellt",
                                       "zustellung fehlgeschlagen",
                                       "zustellbenachrichtigung",
                                       "non remis",
                                       "échec de la remise",
                                       "échec de remise",
                                       "no entregado",
                                       "no se puede entregar",
                                       "não entregue",
                                       "falha na entrega",
                                       "mancato recapito",
                                       "recapito non riuscito",
                                       "niet bezorgd",
                                       "niet-afleverbaar",
                                       "kunde inte levereras",
                                       "nelze doručit",
                                       "не доставлено",
                                       "недоставленное",
                                       "не удалось доставить",
                                       "メールエラー",
                                       "配信できません",
                                       "送信できません",
                                       "配信不能",
                                       "退信",
                                       "无法投递",
                                       "無法傳遞",
                                       "반송",
                                       NULL};

const char *kind_word_subject (const char *subject)
{
    return found (subject, subjects);
}

/* Sentences of mail servers; a person who quotes one is told apart by the sender. */
static const char *const sentences[] = {"this is the qmail-send program",
                                        "this message was created automatically by mail delivery software",
                                        "permanent fatal errors",
                                        "transcript of session follows",
                                        "transient non-fatal errors",
                                        "could not be delivered to",
                                        "could not be delivered",
                                        "couldn't be delivered",
                                        "was not delivered to",
                                        "wasn't able to deliver",
                                        "was unable to deliver",
                                        "unable to deliver",
                                        "delivery to the following recipient",
                                        "delivery failed",
                                        "delivery has failed",
                                        "delivery to the following",
                                        "following recipient",
                                        "following addresses",
                                        "undeliverable",
                                        "invalid final delivery",
                                        "original message follows",
                                        "undelivered",
                                        "your message did not reach",
                                        "did not reach the following",
                                        "message could not be",
                                        "message was not delivered",
                                        "not be delivered",
                                        "failed to deliver",
                                        "remote host said",
                                        "remote server returned",
                                        "recipient address rejected",
                                        "user unknown",
                                        "unknown user",
                                        "no such user",
                                        "mailbox unavailable",
                                        "mailbox is full",
                                        "mailbox full",
                                        "over quota",
                                        "quota exceeded",
                                        "invalid user address",
                                        "reporting-mta:",
                                        "final-recipient:",
                                        "diagnostic-code:",
                                        "mail delivery system",
                                        "error message below",
                                        "returned to sender",
                                        "permanent error",
                                        "your mail sent on",
                                        "mail transport unable",
                                        "message has been blocked",
                                        "konnte nicht zugestellt",
                                        "nicht zustellbar",
                                        "n'a pas pu être remis",
                                        "no se pudo entregar",
                                        "não pôde ser entregue",
                                        "送信できませんでした",
                                        "お届けできません",
                                        "届けできません",
                                        "宛先不明",
                                        "duplicated message-id",
                                        NULL};

const char *kind_word_body (const char *text)
{
    return found (text, sentences);
}

static const char *const absences[] = {"out of office",
                                       "out of the office",
                                       "automatic reply",
                                       "automatic response",
                                       "auto-reply",
                                       "auto reply",
                                       "autoreply",
                                       "autoresponse",
                                       "auto response",
                                       "auto-response",
                                       "autoresponder",
                                       "vacation",
                                       "on holiday",
                                       "away from",
                                       "i am away",
                                       "abwesenheit",
                                       "automatische antwort",
                                       "nicht im büro",
                                       "réponse automatique",
                                       "absence du bureau",
                                       "absent du bureau",
                                       "respuesta automática",
                                       "fuera de la oficina",
                                       "resposta automática",
                                       "risposta automatica",
                                       "fuori sede",
                                       "automatisch antwoord",
                                       "afwezig",
                                       "autosvar",
                                       "automatiskt svar",
                                       "automatyczna odpowiedź",
                                       "automatická odpověď",
                                       "автоответ",
                                       "автоматический ответ",
                                       "自動返信",
                                       "自動応答",
                                       "不在",
                                       "自动回复",
                                       "自動回覆",
                                       "자동 회신",
                                       "부재중",
                                       NULL};

const char *kind_word_away (const char *subject)
{
    return found (subject, absences);
}

bool kind_word_delay (const char *text)
{
    static const char *const words[] = {"delayed",
                                        "will be retried",
                                        "will continue to",
                                        "still be retried",
                                        "not yet been delivered",
                                        "will try again",
                                        "warning message only",
                                        "transient non-fatal",
                                        "temporarily deferred",
                                        "keep trying",
                                        NULL};
    static const char *const given_up[] = {"given up",           "giving up",     "permanent",
                                           "too long",           "undeliverable", "has failed",
                                           "failed permanently", "returned to",   NULL};
    return *found (text, words) && !*found (text, given_up);
}

/* ---------------------------------------------------------------- senders */

static bool local_is (const char *address, const char *const *words)
{
    size_t n = strcspn (address, "@");
    for (; *words; words++)
        if (strlen (*words) == n && g_ascii_strncasecmp (address, *words, n) == 0)
            return true;
    return false;
}

bool kind_word_daemon (const char *address, const char *name)
{
    static const char *const locals[] = {"mailer-daemon", "mailerdaemon", "mailer_daemon", "mdaemon", "mail-daemon",
                                         "maildaemon",    "mmdf",         "double-bounce", NULL};
    return local_is (address, locals) || mail_contains (name, "mail delivery s") ||
           mail_contains (name, "mailer-daemon");
}

bool kind_word_office (const char *address, const char *name)
{
    static const char *const locals[] = {"postmaster", "post_master", "post-master", "post.master",  "noreply",
                                         "no-reply",   "no_reply",    "donotreply",  "do-not-reply", "mailadmin",
                                         "bounce",     "bounces",     "root",        "sysadmin",     NULL};
    return local_is (address, locals) || mail_contains (name, "mail administrator") ||
           mail_contains (name, "system administrator") || mail_contains (name, "mail system") ||
           mail_contains (name, "mail delivery") || mail_contains (name, "postmaster");
}
