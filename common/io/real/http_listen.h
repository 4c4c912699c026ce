/* http_listen.h - a listening socket from "host:port". Private to the real doors. */
#ifndef BUCKSTOP_HTTP_LISTEN_H
#define BUCKSTOP_HTTP_LISTEN_H

/* Non-blocking; *port is the one it got. The descriptor, or negative errno; *why, unless NULL, is then the words of
 * whoever refused: the resolver, or the system. */
int http_listen (const char *endpoint, int *port, const char **why);

#endif
