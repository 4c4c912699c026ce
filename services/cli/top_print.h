/* top_print.h - the board of `buckstop top` once, where there is no terminal. */
#ifndef BUCKSTOP_TOP_PRINT_H
#define BUCKSTOP_TOP_PRINT_H

#include "top_board.h"

/* One that has heard the board. json: as it came. */
void top_print (const top_board_t *self, bool json);

#endif
