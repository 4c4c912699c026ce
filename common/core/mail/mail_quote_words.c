/* mail_quote_words.c - how mail programs, in their users' languages, introduce what they quote, and sign. */
#include "mail_private.h"

#include <string.h>

enum { HEADER_WORD_MAX = 30, SENT_FROM_WORDS = 6, SENT_FROM_MAX = 90 };

static bool begins (const char *line, size_t n, const char *word)
{
    size_t length = strlen (word);
    return n >= length && g_ascii_strncasecmp (line, word, length) == 0;
}

static bool begins_one_of (const char *line, size_t n, const char *const *words)
{
    for (; *words; words++)
        if (begins (line, n, *words))
            return true;
    return false;
}

static bool holds_one_of (const char *line, size_t n, const char *const *words)
{
    char low[512];
    n = n < sizeof low - 1 ? n : sizeof low - 1;
    for (size_t i = 0; i < n; i++)
        low[i] = g_ascii_tolower (line[i]);
    low[n] = '\0';
    for (; *words; words++)
        if (strstr (low, *words))
            return true;
    return false;
}

static void skip (const char **line, size_t *n, const char *of)
{
    while (*n && strchr (of, **line) && **line)
        (*line)++, (*n)--;
}

bool quote_word_starts (const char *line, size_t n)
{
    static const char *const words[] = {
        "On ", "Am ", "Le ", "El ",  "Il ",  "Em ",  "Op ",       "Den ", "Dne ",  "Dnia ", "W dniu ", "Il giorno ",
        "Po ", "La ", "Na ", "På ",  "Pe ",  "Tue ", "Wed ",      "Mon ", "Thu ",  "Fri ",  "Sat ",    "Sun ",
        "At ", "Den", "V ",  "Von ", "Dňa ", "В ",   "Пн",        "Вт",   "Ср",    "Чт",    "Пт",      "Сб",
        "Вс",  "在",  "于",  "於",   "ב",    "Στις", "Tarihinde", "Vào ", "Pada ", "Kl ",   "Ma ",     NULL};
    skip (&line, &n, " \t-*_");
    return begins_one_of (line, n, words);
}

bool quote_word_wrote (const char *line, size_t n)
{
    static const char *const words[] = {"wrote",
                                        "writes:",
                                        "schrieb",
                                        "geschrieben",
                                        "a écrit",
                                        "écrit :",
                                        "escribió",
                                        "escribio",
                                        "ha scritto",
                                        "scrive:",
                                        "escreveu",
                                        "schreef",
                                        "skrev",
                                        "kirjoitti",
                                        "napisał",
                                        "napsal",
                                        "napísal",
                                        "написа",
                                        "пише",
                                        "пишет",
                                        "írta",
                                        "a scris",
                                        "şunu yazdı",
                                        "yazdı",
                                        "έγραψε",
                                        "写道",
                                        "寫道",
                                        "さんは書きました",
                                        "のメッセージ",
                                        "さんからのメール",
                                        "작성",
                                        "đã viết",
                                        "menulis",
                                        "כתב",
                                        "كتب",
                                        "said:",
                                        NULL};
    return holds_one_of (line, n, words);
}

bool quote_word_original (const char *line, size_t n)
{
    static const char *const words[] = {"original message",
                                        "original appointment",
                                        "forwarded message",
                                        "ursprüngliche nachricht",
                                        "originalnachricht",
                                        "original-nachricht",
                                        "weitergeleitete",
                                        "message d'origine",
                                        "message original",
                                        "message transf",
                                        "mensaje original",
                                        "mensaje reenviado",
                                        "messaggio originale",
                                        "messaggio inoltrato",
                                        "oorspronkelijk bericht",
                                        "doorgestuurd bericht",
                                        "mensagem original",
                                        "mensagem encaminhada",
                                        "oryginalna wiadomo",
                                        "wiadomość oryginalna",
                                        "ursprungligt meddelande",
                                        "oprindelig meddelelse",
                                        "opprinnelig melding",
                                        "alkuperäinen viesti",
                                        "původní zpráva",
                                        "pôvodná správa",
                                        "eredeti üzenet",
                                        "mesajul original",
                                        "orijinal ileti",
                                        "исходное сообщение",
                                        "Исходное сообщение",
                                        "пересылаемое сообщение",
                                        "Пересылаемое сообщение",
                                        "оригинальное сообщение",
                                        "Оригинальное сообщение",
                                        "元のメッセージ",
                                        "転送メッセージ",
                                        "原始邮件",
                                        "原始郵件",
                                        "转发邮件",
                                        "원본 메시지",
                                        "reply message",
                                        "αρχικό μήνυμα",
                                        NULL};
    static const char *const alone[] = {"begin forwarded message", "anfang der weitergeleiteten", "début du message",
                                        "début du message réexp",  "inizio messaggio inoltrato",  NULL};
    if (n > 200)
        return false;
    while (n && strchr (" \t", line[n - 1]))
        n--;
    bool framed = n > 6 && strchr ("-_*=", line[0]) && strchr ("-_*=", line[1]) && strchr ("-_*=", line[n - 1]);
    return (framed && holds_one_of (line, n, words)) || begins_one_of (line, n, alone);
}

static const struct {
    const char *word;
    int bit;
} header_words[] = {
    {"From", QUOTE_FROM},
    {"Von", QUOTE_FROM},
    {"De", QUOTE_FROM},
    {"Da", QUOTE_FROM},
    {"Van", QUOTE_FROM},
    {"Från", QUOTE_FROM},
    {"Fra", QUOTE_FROM},
    {"Lähettäjä", QUOTE_FROM},
    {"Od", QUOTE_FROM},
    {"От", QUOTE_FROM},
    {"От кого", QUOTE_FROM},
    {"Від", QUOTE_FROM},
    {"Feladó", QUOTE_FROM},
    {"Kimden", QUOTE_FROM},
    {"Από", QUOTE_FROM},
    {"差出人", QUOTE_FROM},
    {"送信元", QUOTE_FROM},
    {"发件人", QUOTE_FROM},
    {"寄件者", QUOTE_FROM},
    {"보낸 사람", QUOTE_FROM},
    {"Expéditeur", QUOTE_FROM},
    {"Absender", QUOTE_FROM},
    {"Sent", QUOTE_DATE},
    {"Date", QUOTE_DATE},
    {"Gesendet", QUOTE_DATE},
    {"Datum", QUOTE_DATE},
    {"Envoyé", QUOTE_DATE},
    {"Enviado", QUOTE_DATE},
    {"Enviado el", QUOTE_DATE},
    {"Enviada em", QUOTE_DATE},
    {"Fecha", QUOTE_DATE},
    {"Data", QUOTE_DATE},
    {"Inviato", QUOTE_DATE},
    {"Verzonden", QUOTE_DATE},
    {"Skickat", QUOTE_DATE},
    {"Sendt", QUOTE_DATE},
    {"Lähetetty", QUOTE_DATE},
    {"Wysłano", QUOTE_DATE},
    {"Odesláno", QUOTE_DATE},
    {"Отправлено", QUOTE_DATE},
    {"Дата", QUOTE_DATE},
    {"Elküldve", QUOTE_DATE},
    {"Gönderme Tarihi", QUOTE_DATE},
    {"日時", QUOTE_DATE},
    {"送信日時", QUOTE_DATE},
    {"发送时间", QUOTE_DATE},
    {"日期", QUOTE_DATE},
    {"보낸 날짜", QUOTE_DATE},
    {"To", QUOTE_TO},
    {"An", QUOTE_TO},
    {"À", QUOTE_TO},
    {"Para", QUOTE_TO},
    {"A", QUOTE_TO},
    {"Aan", QUOTE_TO},
    {"Till", QUOTE_TO},
    {"Til", QUOTE_TO},
    {"Vastaanottaja", QUOTE_TO},
    {"Do", QUOTE_TO},
    {"Komu", QUOTE_TO},
    {"Кому", QUOTE_TO},
    {"Címzett", QUOTE_TO},
    {"Kime", QUOTE_TO},
    {"Προς", QUOTE_TO},
    {"宛先", QUOTE_TO},
    {"收件人", QUOTE_TO},
    {"收件者", QUOTE_TO},
    {"받는 사람", QUOTE_TO},
    {"Subject", QUOTE_SUBJECT},
    {"Betreff", QUOTE_SUBJECT},
    {"Objet", QUOTE_SUBJECT},
    {"Asunto", QUOTE_SUBJECT},
    {"Oggetto", QUOTE_SUBJECT},
    {"Onderwerp", QUOTE_SUBJECT},
    {"Ämne", QUOTE_SUBJECT},
    {"Emne", QUOTE_SUBJECT},
    {"Aihe", QUOTE_SUBJECT},
    {"Temat", QUOTE_SUBJECT},
    {"Předmět", QUOTE_SUBJECT},
    {"Predmet", QUOTE_SUBJECT},
    {"Тема", QUOTE_SUBJECT},
    {"Assunto", QUOTE_SUBJECT},
    {"Tárgy", QUOTE_SUBJECT},
    {"Konu", QUOTE_SUBJECT},
    {"Θέμα", QUOTE_SUBJECT},
    {"件名", QUOTE_SUBJECT},
    {"主题", QUOTE_SUBJECT},
    {"主旨", QUOTE_SUBJECT},
    {"제목", QUOTE_SUBJECT},
    {"Cc", QUOTE_OTHER},
    {"Reply-To", QUOTE_OTHER},
    {"Kopie", QUOTE_OTHER},
    {"Importance", QUOTE_OTHER},
};

int quote_word_header (const char *line, size_t n)
{
    skip (&line, &n, "* \t|");
    size_t length = 0;
    while (length < n && length < HEADER_WORD_MAX && line[length] != ':' && line[length] != '*')
        length++;
    size_t colon = length; /* "From :", "*From:*", "*From*:", or the wide colon */
    for (size_t i = 0; i < length; i++)
        if (length - i >= 3 && memcmp (line + i, "\xEF\xBC\x9A", 3) == 0)
            length = i, colon = n;
    if (colon == n ? length == n || length == HEADER_WORD_MAX
                   : !memchr (line + colon, ':', n - colon < 3 ? n - colon : 3))
        return 0;
    while (length && line[length - 1] == ' ')
        length--;
    for (size_t i = 0; i < G_N_ELEMENTS (header_words); i++)
        if (strlen (header_words[i].word) == length && g_ascii_strncasecmp (header_words[i].word, line, length) == 0)
            return header_words[i].bit;
    return 0;
}

/* "Sent from my iPhone": short, or it is a sentence of the writer's. */
bool quote_word_sent_from (const char *line, size_t n)
{
    static const char *const words[] = {"Sent from ",
                                        "Sent with ",
                                        "Sent via ",
                                        "Sent using ",
                                        "Von meinem ",
                                        "Gesendet von ",
                                        "Gesendet mit ",
                                        "Diese Nachricht wurde von meinem ",
                                        "Envoyé de ",
                                        "Envoyé depuis ",
                                        "Envoyé à partir ",
                                        "Enviado desde ",
                                        "Enviado do ",
                                        "Enviado de ",
                                        "Inviato da ",
                                        "Verzonden vanaf ",
                                        "Verzonden met ",
                                        "Verstuurd vanaf ",
                                        "Skickat från ",
                                        "Sendt fra ",
                                        "Lähetetty ",
                                        "Wysłane z ",
                                        "Odesláno z ",
                                        "Отправлено с ",
                                        "Отправлено из ",
                                        "Get Outlook for ",
                                        "Outlook für ",
                                        "Télécharger Outlook ",
                                        "Yahoo Mail: ",
                                        "Download the ",
                                        "iPhoneから送信",
                                        "iPadから送信",
                                        "Androidから送信",
                                        "发自我的",
                                        "從我的",
                                        "从我的",
                                        "나의 iPhone",
                                        "iPhone'umdan",
                                        NULL};
    while (n && strchr (" \t*_", line[n - 1]))
        n--;
    skip (&line, &n, " \t*_[(");
    if (n > SENT_FROM_MAX || !begins_one_of (line, n, words))
        return false;
    int spaces = 0;
    for (size_t i = 0; i < n; i++)
        spaces += line[i] == ' ';
    return spaces <= SENT_FROM_WORDS + 1 && !memchr (line, '?', n);
}
