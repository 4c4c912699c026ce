/* test_template.c - words with slots: expansion, header lines, lines that fall away, and the check. */
#include "template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const template_slot_t slots[] = {
    {"person", "Ada"},
    {"subject", "My {person} card"},
    {"empty", ""},
    {"null", NULL},
    {"evil", "a\r\nBcc: x\x7f\tb\xC2\x85"
             "c"},
};
enum { SLOTS = sizeof slots / sizeof *slots };

static void test_expand (void **state)
{
    (void)state;
    static const struct {
        const char *name, *given;
        int one_line;
        const char *expect;
    } rows[] = {
        {"no slots", "hello", 0, "hello"},
        {"nothing", "", 0, ""},
        {"slots", "{person}: {person}", 0, "Ada: Ada"},
        {"a value brings no slots", "{subject}", 0, "My {person} card"},
        {"a brace", "{{person} {{{person}", 0, "{person} {Ada"},
        {"an unknown slot stays", "{who} {person}", 0, "{who} Ada"},
        {"an open brace stays", "a {person b", 0, "a {person b"},
        {"a brace at the end", "a {", 0, "a {"},
        {"closing ones are letters", "a } b }}", 0, "a } b }}"},
        {"a slot without a name", "{}", 0, "{}"},
        {"an empty value", "a {empty}{person} b", 0, "a Ada b"},
        {"a line of empty slots falls away", "a\ngo: {empty}\nb\n", 0, "a\nb\n"},
        {"so does the last", "a\ngo: {null}", 0, "a\n"},
        {"not with another that says something", "go: {empty} {person}\nb", 0, "go:  Ada\nb"},
        {"not with an unknown one", "go: {empty} {who}\nb", 0, "go:  {who}\nb"},
        {"not in a header line", "{empty}go on", 1, "go on"},
        {"there nothing leads to what is empty", "go: {empty}", 1, "go"},
        {"however it is written", "go - : {null} ", 1, "go -"},
        {"but what is within stays", "go: {empty}on", 1, "go: on"},
        {"an unknown one is not empty", "go: {who}", 1, "go: {who}"},
        {"words alone keep their end", "go:", 1, "go:"},
        {"and so does a value", "{person}:", 1, "Ada:"},
        {"blank lines stay", "a\n\n{empty}\nb\n", 0, "a\n\nb\n"},
        {"no second line in a header", "x {evil}", 1, "x a  Bcc: x  b  c"},
        {"nor from the template", "x\ny", 1, "x y"},
        {"a text keeps its lines", "{evil}", 0,
         "a\r\nBcc: x\x7f\tb\xC2\x85"
         "c"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = template_expand (rows[i].given, slots, SLOTS, rows[i].one_line);
        if (strcmp (text, rows[i].expect) != 0)
            print_error ("%s\n", rows[i].name);
        assert_string_equal (text, rows[i].expect);
        free (text);
    }
}

static void test_check (void **state)
{
    (void)state;
    static const struct {
        const char *given;
        long expect;
        const char *name;
    } rows[] = {
        {"", -1, ""},
        {"{person} and {due}, {{really}", -1, ""},
        {"hello {who}", 6, "who"},
        {"{person} {", 9, "{"},
        {"{person", 0, "{"},
        {"{per\nson}", 0, "{"},
        {"{}", 0, ""},
        {"{a{person}", 0, "{"},
        {"{a-very-long-name-that-does-not-fit-anywhere}", 0, "a-very-long-nam"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[16] = "";
        assert_int_equal (template_check (rows[i].given, template_slot_names, name, sizeof name), rows[i].expect);
        assert_string_equal (name, rows[i].name);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_expand),
        cmocka_unit_test (test_check),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
