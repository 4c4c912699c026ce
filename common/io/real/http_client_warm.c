/* http_client_warm.c - reads the authorities' certificates while nothing waits, since that takes 50 ms.
 *
 * curl reads them in the middle of the first handshake, and keeps them with the multi handle. So one handshake is
 * begun with a peer of our own, that never answers, and is given up once the peer has heard the first bytes: then
 * they are read. Should it not work, the first call over TLS takes a long turn, and that is all.
 * Limits: WARM_MS at the start. New authorities are seen after a restart.
 */
#include "http_client_private.h"

#include "http_listen.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WARM_MS = 500, STEP_MS = 10 };

/* curl keeps what it read only where no folder of certificates is looked at as well. */
void http_client_keep_authorities (CURL *easy)
{
    curl_easy_setopt (easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt (easy, CURLOPT_CA_CACHE_TIMEOUT, -1L);
}

/* Has the peer heard something? *fd: its end of the connection, -1 until there is one. */
static bool peer_heard (int listener, int *fd)
{
    if (*fd < 0)
        *fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
    struct pollfd readable = {.fd = *fd, .events = POLLIN};
    return *fd >= 0 && poll (&readable, 1, 0) == 1;
}

static void begin_handshake (CURLM *multi, int listener)
{
    int running = 1, fd = -1;
    for (int waited = 0; waited < WARM_MS && running; waited += STEP_MS) {
        curl_multi_perform (multi, &running);
        if (peer_heard (listener, &fd))
            break;
        curl_multi_poll (multi, NULL, 0, STEP_MS, NULL);
    }
    if (fd >= 0)
        close (fd);
}

void http_client_warm (CURLM *multi)
{
    char url[64];
    int port, listener = http_listen ("127.0.0.1:0", &port, NULL);
    CURL *easy = listener < 0 ? NULL : curl_easy_init ();
    if (easy) {
        snprintf (url, sizeof url, "https://127.0.0.1:%d/", port);
        curl_easy_setopt (easy, CURLOPT_URL, url);
        curl_easy_setopt (easy, CURLOPT_PROXY, "");
        curl_easy_setopt (easy, CURLOPT_NOSIGNAL, 1L);
        http_client_keep_authorities (easy);
        curl_multi_add_handle (multi, easy);
        begin_handshake (multi, listener);
        curl_multi_remove_handle (multi, easy);
        curl_easy_cleanup (easy);
    }
    if (listener >= 0)
        close (listener);
}
