/* The language of a text: right where it says one, silent where it is doubtful. */
#include "languages.h"
#include "xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static recogniser_t *known;

static int load (void **state)
{
    (void)state;
    known = languages_load (LANGUAGES_DIRECTORY);
    assert_non_null (known); /* deploy/packages has libexttextcat-data */
    return 0;
}

static int unload (void **state)
{
    (void)state;
    recogniser_destroy (&known);
    recogniser_destroy (&known);
    return 0;
}

static const char *language (const char *text)
{
    static char code[LANGUAGE_SIZE];
    language_of (known, text, strlen (text), code);
    return code;
}

/* What customers write, shortest first. "?" : a right answer or none. */
static const struct {
    const char *code, *text;
} rows[] = {
    {"", ""},
    {"", "ok"},
    {"", "Order 12345"},
    {"", "?????????????????????????????????????????"},
    {"", "1234567890 1234567890 1234567890 1234567890"},
    {"", "\xff\xfe\xfd\xfc\xff\xfe\xfd\xfc\xff\xfe\xfd\xfc\xff\xfe\xfd\xfc\xff\xfe\xfd\xfc\xff\xfe\xfd\xfc\xff\xfe\xfd"
         "\xfc"},
    {"de", "Meine Karte ist heute Morgen im Bus verloren gegangen, bitte sperren Sie sie sofort."},
    {"de",
     "Guten Tag, die Lieferung ist immer noch nicht angekommen. Können Sie mir sagen, wann ich damit rechnen kann?"},
    {"de",
     "Ich möchte meinen Vertrag zum nächstmöglichen Zeitpunkt kündigen und bitte um eine schriftliche Bestätigung."},
    {"en", "I lost my card on the bus this morning, please block it as soon as you can."},
    {"en", "Hello, the parcel has still not arrived. Could you tell me when I can expect it?"},
    {"en", "My account was charged twice for the same order and nobody has answered my calls since Monday."},
    {"fr", "J'ai perdu ma carte dans le bus ce matin, merci de la bloquer le plus vite possible."},
    {"fr", "Bonjour, le colis n'est toujours pas arrivé. Pouvez-vous me dire quand je vais le recevoir ?"},
    {"fr", "Je voudrais résilier mon contrat et recevoir une confirmation écrite de votre part."},
    {"es", "He perdido mi tarjeta en el autobús esta mañana, por favor bloquéenla cuanto antes."},
    {"es", "Hola, el paquete todavía no ha llegado. ¿Me pueden decir cuándo lo voy a recibir?"},
    {"es", "Quisiera cancelar mi contrato y recibir una confirmación por escrito de ustedes."},
    {"it", "Ho perso la mia carta sull'autobus questa mattina, vi prego di bloccarla al più presto."},
    {"it", "Buongiorno, il pacco non è ancora arrivato. Potete dirmi quando lo riceverò?"},
    {"it", "Vorrei disdire il mio contratto e ricevere una conferma scritta da parte vostra."},
    {"nl", "Ik ben vanochtend mijn pas in de bus verloren, blokkeer hem alstublieft zo snel mogelijk."},
    {"nl", "Goedendag, het pakket is nog steeds niet aangekomen. Kunt u mij zeggen wanneer ik het kan verwachten?"},
    {"nl", "Ik wil graag mijn contract opzeggen en daarvan een schriftelijke bevestiging ontvangen."},
    {"pl", "Zgubiłam dziś rano kartę w autobusie, proszę ją jak najszybciej zablokować."},
    {"pt", "Perdi o meu cartão no autocarro esta manhã, por favor bloqueiem-no o mais depressa possível."},
    {"tr", "Bu sabah otobüste kartımı kaybettim, lütfen en kısa sürede bloke edin ve bana yeni bir kart gönderin."},
    {"ru", "Сегодня утром я потеряла карту в автобусе, пожалуйста, заблокируйте её как можно скорее."},
    {"el", "Έχασα την κάρτα μου στο λεωφορείο σήμερα το πρωί, παρακαλώ μπλοκάρετέ την το συντομότερο."},
    {"ja", "今朝バスの中でカードをなくしました。できるだけ早く停止してください。よろしくお願いします。"},
    {"zh", "今天早上我在公共汽车上把卡弄丢了，请尽快帮我冻结这张卡，并告诉我怎样才能补办一张新卡。"},
};

static void test_known (void **state)
{
    size_t right = 0, wrong = 0, none = 0;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *code = language (rows[i].text);
        if (strcmp (code, rows[i].code) == 0)
            right++;
        else if (*code)
            wrong++, printf ("'%s' is '%s', not '%s'\n", rows[i].text, code, rows[i].code);
        else
            none++, printf ("no answer: %s '%s'\n", rows[i].code, rows[i].text);
    }
    printf ("%zu right, %zu without an answer\n", right, none);
    assert_true (none <= 2);
    assert_int_equal (wrong, 0);
}

static void test_bounds (void **state)
{
    char code[LANGUAGE_SIZE];
    (void)state;
    language_of (NULL, rows[6].text, strlen (rows[6].text), code);
    assert_string_equal (code, "");
    language_of (known, NULL, 0, code);
    assert_string_equal (code, "");
    recogniser_t *empty = recogniser_new ();
    language_of (empty, rows[6].text, strlen (rows[6].text), code);
    assert_string_equal (code, "");
    recogniser_destroy (&empty);
    assert_null (languages_load ("/nonexistent"));
    language_of (known, rows[6].text, 10, code); /* the size counts, not the zero */
    assert_string_equal (code, "");
    /* Cut inside a character, at the bound. */
    char *text = xcalloc (1, 2 * LANGUAGE_TEXT_MAX);
    for (size_t i = 0; i + 2 < 2 * LANGUAGE_TEXT_MAX; i += 2)
        memcpy (text + i, "ж", 2);
    language_of (known, text, strlen (text), code);
    language_of (known, text + 1, strlen (text) - 1, code);
    free (text);
}

static void test_cost (void **state)
{
    enum { TIMES = 200 };
    struct timespec a, b;
    char text[1024] = "";
    (void)state;
    while (strlen (text) < 500)
        strcat (text,
                "My account was charged twice for the same order and nobody has answered my calls since Monday. ");
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &a);
    for (size_t i = 0; i < TIMES; i++)
        assert_string_equal (language (text), "en");
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &b);
    printf ("%.0f us for %zu bytes\n",
            ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / TIMES, strlen (text));
}

/* The questions of customers that others published, where they are: English all. */
static void test_questions (void **state)
{
    static const struct {
        size_t from, to;
    } lengths[] = {{0, 25}, {25, 60}, {60, 1000}};
    (void)state;
    FILE *file = fopen (TESTS_DIR "/../../shared/data/banking77/train.csv", "r");
    if (!file)
        skip ();
    char line[4096];
    size_t said[3] = {0}, right[3] = {0}, all[3] = {0};
    while (fgets (line, sizeof line, file)) {
        char *comma = strrchr (line, ',');
        if (comma)
            *comma = '\0';
        const char *code = language (line);
        size_t length = strlen (line);
        for (size_t i = 0; i < 3; i++)
            if (length >= lengths[i].from && length < lengths[i].to)
                all[i]++, said[i] += *code != '\0', right[i] += strcmp (code, "en") == 0;
    }
    fclose (file);
    for (size_t i = 0; i < 3; i++)
        printf ("%zu to %zu bytes: %zu, answered %zu, wrong %zu\n", lengths[i].from, lengths[i].to, all[i], said[i],
                said[i] - right[i]);
    size_t answered = said[1] + said[2], wrong = answered - right[1] - right[2];
    assert_int_equal (said[0], 0);
    assert_true (wrong * 100 <= answered);      /* of what it says, 99 of 100 are right */
    assert_true (said[2] * 100 >= all[2] * 90); /* and of what is longer it says most */
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_known), cmocka_unit_test (test_bounds),
                                       cmocka_unit_test (test_cost), cmocka_unit_test (test_questions)};
    return cmocka_run_group_tests (tests, load, unload);
}
