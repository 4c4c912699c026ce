/* languages.c - fingerprints of languages, from files.
 *
 * Not all that the library has: of 180, many are spoken by few who write to companies, and each one more makes the
 * others' leads smaller; languages with a script of their own need none (language.c). Missing here is a row more. */
#include "languages.h"

#include <libexttextcat/fingerprint.h>
#include <stdio.h>
#include <unistd.h>

enum { NGRAMS = 400, PATH_SIZE = 512 };

/* File, and the code that rules have. Of two scripts of one language both files lead to it. */
static const struct {
    const char *file, *code;
} rows[] = {
    {"af", "af"}, {"ar", "ar"}, {"bg", "bg"}, {"ca", "ca"}, {"cs", "cs"},      {"cy", "cy"}, {"da", "da"}, {"de", "de"},
    {"en", "en"}, {"es", "es"}, {"et", "et"}, {"eu", "eu"}, {"fa", "fa"},      {"fi", "fi"}, {"fr", "fr"}, {"ga", "ga"},
    {"gl", "gl"}, {"hi", "hi"}, {"hr", "hr"}, {"hu", "hu"}, {"id", "id"},      {"is", "is"}, {"it", "it"}, {"lt", "lt"},
    {"lv", "lv"}, {"mk", "mk"}, {"ms", "ms"}, {"nb", "no"}, {"nl", "nl"},      {"pl", "pl"}, {"pt", "pt"}, {"ro", "ro"},
    {"ru", "ru"}, {"sk", "sk"}, {"sl", "sl"}, {"sq", "sq"}, {"sr-Cyrl", "sr"}, {"sv", "sv"}, {"sw", "sw"}, {"tl", "tl"},
    {"tr", "tr"}, {"uk", "uk"}, {"ur", "ur"}, {"vi", "vi"},
};
_Static_assert(sizeof rows / sizeof *rows <= LANGUAGES_MAX, "all fit");

recogniser_t *languages_load (const char *directory)
{
    recogniser_t *self = recogniser_new ();
    size_t n = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[PATH_SIZE];
        snprintf (path, sizeof path, "%s/%s.lm", directory, rows[i].file);
        void *fingerprint = access (path, R_OK) == 0 ? fp_Init (rows[i].code) : NULL; /* fp_Read would print */
        if (fingerprint && fp_Read (fingerprint, path, NGRAMS)) {
            recogniser_add (self, rows[i].code, fingerprint);
            n++;
        } else if (fingerprint) {
            fp_Done (fingerprint);
        }
    }
    if (n == 0)
        recogniser_destroy (&self);
    return self;
}
