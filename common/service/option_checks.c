/* option_checks.c - what the texts of parameters may say, so that a wrong one is told at the door and not hours later,
 * by whoever reads it first.
 *
 * Hears: the text. Says: fine; or what is wrong with it, and what to write instead.
 * Limits: only the form is looked at, and files; no name is looked up and nobody is called. */
#include "option_checks.h"

#include "address.h"
#include "http_client.h"
#include "log.h"
#include "password_file.h"
#include "store_address.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PORT_MAX = 65535, HOST_MAX = 256, IPC_PATH_SIZE = sizeof ((struct sockaddr_un *)0)->sun_path };

static bool no (char why[PARAM_WHY_SIZE], const char *format, ...) __attribute__ ((format (printf, 2, 3)));

static bool no (char why[PARAM_WHY_SIZE], const char *format, ...)
{
    va_list list;
    va_start (list, format);
    vsnprintf (why, PARAM_WHY_SIZE, format, list);
    va_end (list);
    return false;
}

/* -------------------------------------------------------------------- words */

static const char *const durabilities[] = {
    [DURABLE_FSYNC] = "fsync", [DURABLE_REPLICA] = "replica", [DURABLE_RELAXED] = "relaxed"};
enum { DURABILITIES = sizeof durabilities / sizeof *durabilities };

bool option_durability (const char *text, char why[PARAM_WHY_SIZE])
{
    for (size_t i = 0; i < DURABILITIES; i++)
        if (strcmp (durabilities[i], text) == 0)
            return true;
    return no (why, "'%.64s' is none of fsync, replica, relaxed", text);
}

store_durability_t option_durability_of (const char *word)
{
    for (size_t i = 0; i < DURABILITIES; i++)
        if (strcmp (durabilities[i], word) == 0)
            return (store_durability_t)i;
    return DURABLE_FSYNC;
}

bool option_log_level (const char *text, char why[PARAM_WHY_SIZE])
{
    log_level_t level;
    return log_level_parse (text, &level) || no (why, "'%.64s' is none of error, warning, notice, info, debug", text);
}

bool option_log_format (const char *text, char why[PARAM_WHY_SIZE])
{
    return strcmp (text, "json") == 0 || strcmp (text, "text") == 0 ||
           no (why, "'%.64s' is neither text nor json", text);
}

/* ------------------------------------------------------------------- places */

bool option_store (const char *text, char why[PARAM_WHY_SIZE])
{
    store_address_t address;
    _Static_assert(STORE_ADDRESS_WHY_SIZE <= (int)PARAM_WHY_SIZE, "the reason fits");
    return store_address_parse (text, &address, why);
}

/* What looks like an address in numbers has to be one; a name may come to be known. */
static bool is_known_form (const char *text, size_t size)
{
    char host[HOST_MAX];
    struct in6_addr address;
    struct in_addr old;
    bool bracketed = size > 2 && text[0] == '[' && text[size - 1] == ']';
    snprintf (host, sizeof host, "%.*s", (int)(bracketed ? size - 2 : size), text + bracketed);
    if (!bracketed)
        return !*host || host[strspn (host, "0123456789.")] || inet_aton (host, &old) == 1;
    host[strcspn (host, "%")] = '\0'; /* behind it: which network card */
    return inet_pton (AF_INET6, host, &address) == 1;
}

/* "host:port", the host in brackets when it has colons; empty where `any` allows that. */
static bool is_place (const char *text, size_t size, bool any, int port_min)
{
    const char *colon = memrchr (text, ':', size);
    size_t host = colon ? (size_t)(colon - text) : 0, digits = colon ? size - host - 1 : 0;
    int port = 0;
    if (!colon || host >= HOST_MAX || (host == 0 && !any) || digits == 0 || digits > 5)
        return false;
    for (size_t i = host + 1; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (text[i] - '0');
    }
    if (!is_known_form (text, host))
        return false;
    bool bracketed = host > 2 && text[0] == '[' && text[host - 1] == ']';
    for (size_t i = 0; i < host; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == '/' || (!bracketed && strchr (":[]", text[i])))
            return false;
    return port >= port_min && port <= PORT_MAX;
}

bool option_listen (const char *text, char why[PARAM_WHY_SIZE])
{
    return is_place (text, strlen (text), true, 0) ||
           no (why, "'%.128s' is no ADDRESS:PORT; write it like 127.0.0.1:7400, [::1]:7400 or *:7400", text);
}

bool option_lmtp (const char *text, char why[PARAM_WHY_SIZE])
{
    static const char head[] = "unix:";
    const size_t head_size = sizeof head - 1;
    if (strncmp (text, head, head_size) != 0)
        return is_place (text, strlen (text), true, 0) ||
               no (why,
                   "'%.128s' is neither unix:PATH nor ADDRESS:PORT; write it like unix:/run/buckstop/lmtp.sock or "
                   "127.0.0.1:2424",
                   text);
    size_t size = strlen (text + head_size);
    if (size == 0)
        return no (why, "no path in '%.128s'; write it like unix:/run/buckstop/lmtp.sock", text);
    return size < IPC_PATH_SIZE ||
           no (why, "the path of a socket has at most %d bytes, '%.160s' has %zu", IPC_PATH_SIZE - 1, text, size);
}

static bool endpoint_fine (const char *text, size_t size, char why[PARAM_WHY_SIZE])
{
    static const char tcp[] = "tcp://", ipc[] = "ipc://";
    const size_t head = sizeof tcp - 1;
    int shown = (int)(size > 160 ? 160 : size);
    if (size > head && strncmp (text, tcp, head) == 0)
        return is_place (text + head, size - head, false, 1) ||
               no (why, "no host and port in '%.*s'; write it like tcp://127.0.0.1:7411", shown, text);
    if (size <= head || strncmp (text, ipc, head) != 0)
        return no (why, "'%.*s' is neither tcp://HOST:PORT nor ipc://PATH", shown, text);
    return size - head < IPC_PATH_SIZE || no (why, "the path of a socket has at most %d bytes, '%.*s' has %zu",
                                              IPC_PATH_SIZE - 1, shown, text, size - head);
}

bool option_endpoints (const char *text, char why[PARAM_WHY_SIZE])
{
    bool any = false;
    for (const char *at = text; *at; at += *at == ',') {
        size_t size = strcspn (at, ",");
        if (size && !endpoint_fine (at, size, why))
            return false;
        any |= size > 0;
        at += size;
    }
    return any || no (why, "no address in '%.64s'; write it like tcp://127.0.0.1:7411", text);
}

/* The text may hold a secret: it is not repeated. */
bool option_url (const char *text, char why[PARAM_WHY_SIZE])
{
    char host[ADDRESS_SIZE];
    return http_client_host (text, host, sizeof host) ||
           no (why, "it is no http or https URL; write it like https://host.example.com/path");
}

/* Of a mail server the port may be missing: the scheme has one. The colons of an address in brackets are none. */
static bool is_mail_host (const char *text, size_t size)
{
    const char *bracket = *text == '[' ? memchr (text, ']', size) : NULL;
    size_t host = bracket ? (size_t)(bracket - text) + 1 : 0;
    if (size && *text == '[')
        return host > 2 && (host == size || is_place (text, size, false, 1));
    return size && (!memchr (text, ':', size) || is_place (text, size, false, 1));
}

/* What stands between tcp:// and the port. A name may come to be anywhere, and so may a network card but `lo`. */
static bool is_loopback (const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton (AF_INET, host, &four) == 1)
        return ntohl (four.s_addr) >> 24 == IN_LOOPBACKNET;
    if (inet_pton (AF_INET6, host, &six) == 1)
        return IN6_IS_ADDR_LOOPBACK (&six) || (IN6_IS_ADDR_V4MAPPED (&six) && six.s6_addr[12] == IN_LOOPBACKNET);
    return strcmp (host, "localhost") == 0 || strcmp (host, "lo") == 0;
}

static bool endpoint_is_local (const char *text, size_t size)
{
    static const char tcp[] = "tcp://";
    char host[HOST_MAX];
    if (size < sizeof tcp - 1 || strncmp (text, tcp, sizeof tcp - 1) != 0)
        return true; /* ipc: option_endpoints lets through no other */
    text += sizeof tcp - 1;
    size -= sizeof tcp - 1;
    const char *colon = memrchr (text, ':', size);
    size_t length = colon ? (size_t)(colon - text) : size;
    bool bracketed = length > 2 && text[0] == '[' && text[length - 1] == ']';
    snprintf (host, sizeof host, "%.*s", (int)(bracketed ? length - 2 : length), text + bracketed);
    return is_loopback (host);
}

bool endpoints_are_local (const char *endpoints, char open[ENDPOINT_ROOM])
{
    *open = '\0';
    for (const char *at = endpoints ? endpoints : ""; *at; at += *at == ',') {
        size_t size = strcspn (at, ",");
        if (!endpoint_is_local (at, size)) {
            snprintf (open, ENDPOINT_ROOM, "%.*s", (int)size, at);
            return false;
        }
        at += size;
    }
    return true;
}

bool option_mail_server (const char *text, char why[PARAM_WHY_SIZE])
{
    static const char *const schemes[] = {"smtp://", "smtps://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t head = strlen (schemes[i]), host = strcspn (text + (strlen (text) > head ? head : 0), "/ ");
        if (strncmp (text, schemes[i], head) != 0 || !text[head])
            continue;
        if (text[head + host] != ' ' && is_mail_host (text + head, host))
            return true;
    }
    return no (why,
               "'%.128s' is no mail server; write it like smtp://mail.example.com:25 or smtps://mail.example.com:465",
               text);
}

bool option_mail_sender (const char *text, char why[PARAM_WHY_SIZE])
{
    return (strlen (text) < ADDRESS_SIZE && address_is_mail (text)) ||
           no (why, "'%.128s' is no mail address; write it like desk@example.com or \"The desk <desk@example.com>\"",
               text);
}

/* -------------------------------------------------------------------- files */

/* A pipe, a socket, a terminal gives what it holds once, to whoever reads it for use: only a file is looked into. */
static bool gives_once (const char *path)
{
    struct stat there;
    return stat (path, &there) == 0 && !S_ISREG (there.st_mode) && !S_ISDIR (there.st_mode);
}

bool option_password_file (const char *path, char why[PARAM_WHY_SIZE])
{
    if (gives_once (path))
        return access (path, R_OK) == 0 || no (why, "can't read the file '%.200s': %s", path, strerror (errno));
    char password[PASSWORD_SIZE];
    bool fine = password_file_read (path, password, why);
    explicit_bzero (password, sizeof password);
    return fine;
}

bool option_readable (const char *path, char why[PARAM_WHY_SIZE])
{
    struct stat there;
    if (access (path, R_OK) != 0 || stat (path, &there) != 0)
        return no (why, "can't read the file '%.200s': %s", path, strerror (errno));
    return !S_ISDIR (there.st_mode) || no (why, "'%.200s' is a folder; a file is wanted", path);
}

bool option_keys (const char *path, char why[PARAM_WHY_SIZE])
{
    char folder[PATH_MAX];
    snprintf (folder, sizeof folder, "%s/public", path);
    return option_directory (path, why) &&
           (access (folder, R_OK | X_OK) == 0 ||
            no (why, "no folder 'public' to read in '%.200s': %s; 'buckstop keys new --dir %.100s' makes it", path,
                strerror (errno), path));
}

bool option_directory (const char *path, char why[PARAM_WHY_SIZE])
{
    DIR *directory = opendir (path);
    if (!directory)
        return no (why, "can't read the directory '%.200s': %s", path, strerror (errno));
    closedir (directory);
    return true;
}

/* What is written to is made by whoever may choose its owner: it may be the place where a disk is mounted. */
bool option_spool (const char *path, char why[PARAM_WHY_SIZE])
{
    if (access (path, F_OK) != 0 && errno == ENOENT)
        return no (why, "there is no directory '%.120s'; make it:  mkdir -p '%.120s'", path, path);
    return option_directory (path, why) &&
           (access (path, R_OK | W_OK | X_OK) == 0 ||
            no (why, "can't write in the directory '%.200s': %s", path, strerror (errno)));
}

bool option_file_to_write (const char *path, char why[PARAM_WHY_SIZE])
{
    const char *slash = strrchr (path, '/');
    char directory[PATH_MAX];
    snprintf (directory, sizeof directory, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    bool there = access (path, F_OK) == 0;
    return access (there ? path : directory, W_OK) == 0 ||
           no (why, "can't write the file '%.200s': %s", path, strerror (errno));
}
