/* commands.h - one function a command: reads its options, does it, returns the exit status. */
#ifndef BUCKSTOP_COMMANDS_H
#define BUCKSTOP_COMMANDS_H

#include "cli.h"

typedef int (command_fn) (cli_t *cli, const command_t *command, int argc, char **argv);
command_fn cmd_keys;
command_fn cmd_workspace, cmd_top, cmd_repair;
command_fn cmd_log_level;
command_fn cmd_submit, cmd_show, cmd_list, cmd_act, cmd_watch, cmd_people, cmd_explain, cmd_audit, cmd_policy,
    cmd_token, cmd_dead, cmd_health, cmd_customer, cmd_channel, cmd_held, cmd_backup, cmd_restore, cmd_archive,
    cmd_report;
/* buckstop completion values WHAT: cmd_values.c */
int completion_values (int argc, char **argv);

#endif
