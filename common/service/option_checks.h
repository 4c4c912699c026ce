/* option_checks.h - what the texts of parameters may say (service.h, param_check_fn). Each tells what is wrong and what
 * to write instead. */
#ifndef BUCKSTOP_OPTION_CHECKS_H
#define BUCKSTOP_OPTION_CHECKS_H

#include "service.h"

/* at the door: a start with it could only fail */
param_check_fn option_store;      /* where the store is: store_address.h */
param_check_fn option_durability; /* fsync, replica, relaxed */
param_check_fn option_log_level;
param_check_fn option_log_format;
param_check_fn option_listen;      /* "127.0.0.1:80", "[::1]:80", "*:80", ":80"; port 0: any */
param_check_fn option_lmtp;        /* the same, or "unix:PATH" */
param_check_fn option_endpoints;   /* ZeroMQ: "tcp://host:port" or "ipc://path", several with commas between */
param_check_fn option_url;         /* http or https */
param_check_fn option_mail_server; /* smtp://host:port, smtps://host:port */
param_check_fn option_mail_sender;
param_check_fn option_password_file;
param_check_fn option_readable; /* a file */
param_check_fn option_keys;     /* a folder of keys (bus.h) */
param_check_fn option_spool;    /* a directory that can be written to */

/* with --check alone: a start can do without */
param_check_fn option_directory;
param_check_fn option_file_to_write;

/* Whether only this machine reaches all of these endpoints: ipc, or an address of the loopback. Else `open` is one that
 * others reach, cut to its room. */
enum { ENDPOINT_ROOM = 160 };
bool endpoints_are_local (const char *endpoints, char open[ENDPOINT_ROOM]);

/* The outcome of option_durability, for a word that passed it. */
store_durability_t option_durability_of (const char *word);

#endif
