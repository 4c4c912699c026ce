/* http_client_target.c - which addresses are private: not to be dialled for a URL that somebody outside gave.
 *
 * Looked at on the address really used, after the name was resolved. The tables are the special-purpose
 * registries of RFC 6890 and its updates; IPv4 inside IPv6 (mapped, NAT64, 6to4) is looked at as IPv4.
 */
#include "http_client_private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

typedef struct range {
    uint8_t prefix[16];
    unsigned bits;
} range_t;

static const range_t private_v4[] = {
    {{0}, 8},          {{10}, 8},         {{100, 64}, 10},  {{127}, 8},      {{169, 254}, 16},     {{172, 16}, 12},
    {{192, 0, 0}, 24}, {{192, 0, 2}, 24}, {{192, 168}, 16}, {{198, 18}, 15}, {{198, 51, 100}, 24}, {{203, 0, 113}, 24},
    {{224}, 4},        {{240}, 4},
};

static const range_t private_v6[] = {
    {{0}, 128},                                 /* unspecified */
    {{[15] = 1}, 128},                          /* loopback */
    {{0x01, 0}, 64},                            /* discard */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},             /* documentation */
    {{0xfc}, 7},                                /* unique local */
    {{0xfe, 0x80}, 10},                         /* link-local */
    {{0xfe, 0xc0}, 10},                         /* site-local, of old */
    {{0xff}, 8},                                /* multicast */
    {{0x20, 0x01, 0, 0}, 32},                   /* Teredo: IPv4 hidden in it, and nobody's way to answer a call */
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48}, /* NAT64 of local use (RFC 8215) */
};

/* Where an IPv4 address stands inside IPv6. */
static const struct {
    range_t range;
    unsigned offset;
} embedded[] = {
    {{{[10] = 0xff, 0xff}, 96}, 12},      /* mapped */
    {{{0}, 96}, 12},                      /* compatible, of old */
    {{{0x00, 0x64, 0xff, 0x9b}, 96}, 12}, /* NAT64 */
    {{{0x20, 0x02}, 16}, 2},              /* 6to4 */
};

static bool within (const range_t *range, const uint8_t *address)
{
    unsigned whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp (range->prefix, address, whole) != 0)
        return false;
    return !rest || ((range->prefix[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

static bool within_any (const range_t *ranges, size_t n, const uint8_t *address)
{
    for (size_t i = 0; i < n; i++)
        if (within (&ranges[i], address))
            return true;
    return false;
}

static bool private_ipv4 (const uint8_t *address)
{
    return within_any (private_v4, sizeof private_v4 / sizeof *private_v4, address);
}

static bool private_ipv6 (const uint8_t *address)
{
    if (within_any (private_v6, sizeof private_v6 / sizeof *private_v6, address))
        return true;
    for (size_t i = 0; i < sizeof embedded / sizeof *embedded; i++)
        if (within (&embedded[i].range, address) && private_ipv4 (address + embedded[i].offset))
            return true;
    return false;
}

bool http_target_private (const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return private_ipv4 ((const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr);
    if (address->sa_family == AF_INET6)
        return private_ipv6 ((const uint8_t *)&((const struct sockaddr_in6 *)address)->sin6_addr);
    return true; /* nothing else is public */
}

bool http_target_private_text (const char *ip)
{
    uint8_t address[16];
    if (inet_pton (AF_INET, ip, address) == 1)
        return private_ipv4 (address);
    return inet_pton (AF_INET6, ip, address) != 1 || private_ipv6 (address);
}
