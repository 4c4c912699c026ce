/* language.h - which language a text is in, where its channel does not say. Pure.
 *
 * By its script, where only one language is written in it, else by what sequences of letters it has (libexttextcat). A
 * wrong answer sends a customer to people who can't read them; none sends them where they went before. So a short text
 * and a near tie have no answer. */
#ifndef BUCKSTOP_LANGUAGE_H
#define BUCKSTOP_LANGUAGE_H

#include "types.h"

typedef struct recogniser recogniser_t;

enum {
    LANGUAGE_TEXT_MAX = 1024,  /* bytes that are looked at */
    LANGUAGE_LETTERS_MIN = 25, /* fewer are too short */
    LANGUAGES_MAX = 80,
};

recogniser_t *recogniser_new (void);
void recogniser_destroy (recogniser_t **self_p);
/* One more language, or one more script of it: a fingerprint of libexttextcat (languages.h loads them), which becomes
 * the recogniser's. Above LANGUAGES_MAX it is let go. */
void recogniser_add (recogniser_t *self, const char *code, void *fingerprint);

/* The ISO 639-1 code of the language, as rules and people's languages have it, or "" : not known, or doubtful. No
 * recogniser knows nothing. */
void language_of (const recogniser_t *self, const char *text, size_t size, char code[LANGUAGE_SIZE]);

#endif
