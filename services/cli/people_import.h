/* people_import.h - `buckstop people import`: a command of its own, for it goes to the store. */
#ifndef BUCKSTOP_PEOPLE_IMPORT_H
#define BUCKSTOP_PEOPLE_IMPORT_H

#include "cli.h"

extern const command_t people_import_command;
int cmd_people_import (cli_t *cli, const command_t *command, int argc, char **argv);

#endif
