/* store_resp.c - the bytes of a Redis command: an array of strings, written once and sent as often as needed. Behind the
 * last one stands a zero that is not sent: hiredis looks there whether a second argument follows the first. */
#include "store_private.h"

#include <inttypes.h>

enum { ROOM_FIRST = 256, HEAD_ROOM = 32, NUMBER_ROOM = 24, FIELD_SIZE = 64 };

static char *room_for (resp_t *self, size_t more)
{
    if (self->room - self->size < more) {
        size_t room = self->room ? self->room : ROOM_FIRST;
        while (room - self->size < more)
            room *= 2;
        self->bytes = xrealloc (self->bytes, room);
        self->room = room;
    }
    return self->bytes + self->size;
}

/* "*n\r\n" or "$n\r\n" */
static void put_head (resp_t *self, char kind, size_t n)
{
    char digits[HEAD_ROOM], *at = digits + sizeof digits;
    *--at = '\n';
    *--at = '\r';
    do
        *--at = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    *--at = kind;
    size_t size = (size_t)(digits + sizeof digits - at);
    memcpy (room_for (self, size), at, size);
    self->size += size;
}

void resp_begin (resp_t *self, size_t args_n)
{
    put_head (self, '*', args_n);
}

void resp_bytes (resp_t *self, const void *bytes, size_t size)
{
    put_head (self, '$', size);
    char *at = room_for (self, size + 3);
    if (size)
        memcpy (at, bytes, size);
    at[size] = '\r';
    at[size + 1] = '\n';
    at[size + 2] = '\0';
    self->size += size + 2;
}

void resp_text (resp_t *self, const char *text)
{
    resp_bytes (self, text, strlen (text));
}

void resp_number (resp_t *self, int64_t number)
{
    char text[NUMBER_ROOM];
    size_t size = (size_t)snprintf (text, sizeof text, "%" PRId64, number);
    resp_bytes (self, text, size);
}

void resp_clear (resp_t *self)
{
    free (self->bytes);
    *self = (resp_t){0};
}

int64_t reply_number (const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_INTEGER)
        return reply->integer;
    if (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS)
        return 0;
    /* scores come as doubles; beyond the digits of a double they are written with an exponent */
    return strpbrk (reply->str, ".e") ? (int64_t)strtod (reply->str, NULL) : strtoll (reply->str, NULL, 10);
}

double info_number (const redisReply *reply, const char *name)
{
    char field[FIELD_SIZE];
    snprintf (field, sizeof field, "\n%s:", name);
    const char *at = reply->type == REDIS_REPLY_STRING ? strstr (reply->str, field) : NULL;
    return at ? strtod (at + strlen (field), NULL) : -1;
}
