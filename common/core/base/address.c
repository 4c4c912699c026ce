/* address.c - which texts can be the far side of a delivery.
 *
 * Hears: a text. Says: it can be one, or it is surely none.
 * Limits: a quoted left part of a mail address ("ada b"@example.com) is refused. */
#include "address.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { PORT_MAX = 65535 };

bool address_is_line (const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if (*at < 0x20 || *at == 0x7F)
            return false;
    return true;
}

/* ------------------------------------------------------------------- mail */

/* Behind the address itself: nothing, or the older form of a name, " (Ada)". */
static bool ends_well (const char *rest)
{
    if (*rest != ' ')
        return !*rest;
    rest += strspn (rest, " ");
    size_t name = strcspn (rest + (*rest == '('), "()");
    return *rest == '(' && strcmp (rest + 1 + name, ")") == 0;
}

bool address_is_mail (const char *text)
{
    const char *open = strchr (text, '<'), *from = open ? open + 1 : text;
    size_t length = strcspn (from, open ? ">" : " "), local = strcspn (from, "@");
    bool closed = open ? from[length] == '>' && !from[length + 1] : ends_well (from + length);
    return closed && address_is_line (text) && local > 0 && local + 1 < length &&
           strcspn (from, " \t,;()<>\"") >= length && !memchr (from + local + 1, '@', length - local - 1);
}

/* -------------------------------------------------------------------- URL */

static bool is_port (const char *digits, size_t n)
{
    int port = 0;
    for (size_t i = 0; i < n && port <= PORT_MAX; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        port = port * 10 + (digits[i] - '0');
    }
    return port <= PORT_MAX;
}

/* "host", "host:80", "[::1]:80"; nothing behind the colon is the scheme's own port. */
static bool is_host (const char *text, size_t size)
{
    const char *end = *text == '[' ? memchr (text, ']', size) : NULL;
    const char *colon = memchr (end ? end : text, ':', size - (end ? (size_t)(end - text) : 0));
    size_t host = colon ? (size_t)(colon - text) : size;
    if (end && (end - text < 3 || (size_t)(end - text) + 1 != host))
        return false;
    for (size_t i = 0; !end && i < host; i++)
        if (strchr ("<>[]{}\\^`|\"'$!*;,=&()+", text[i]))
            return false;
    return host > 0 && (!colon || is_port (colon + 1, size - host - 1));
}

bool address_is_url (const char *text)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t head = strlen (schemes[i]);
        if (strncasecmp (text, schemes[i], head) != 0)
            continue;
        const char *from = text + head;
        size_t size = strcspn (from, "/?#");
        const char *at = memrchr (from, '@', size); /* user and password stand before it */
        const char *host = at ? at + 1 : from;
        return address_is_line (text) && !strchr (text, ' ') && is_host (host, size - (size_t)(host - from));
    }
    return false;
}
