/* http_listen.h - a listening socket from "host:port". Private to the real doors. */
#ifndef BUCKSTOP_HTTP_LISTEN_H
#define BUCKSTOP_HTTP_LISTEN_H

/* Non-blocking; *port is the one it got. The descriptor, or negative errno. */
int http_listen (const char *endpoint, int *port);

#endif
