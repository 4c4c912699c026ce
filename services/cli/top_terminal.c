/* top_terminal.c - is there a description of the terminal? Apart from all else, since term.h gives every second word a
 * meaning of its own. */
#include "top_screen.h"

#include <ncurses.h>
#include <term.h>
#include <unistd.h>

bool top_terminal_known (void)
{
    int found = 0;
    if (setupterm (NULL, STDOUT_FILENO, &found) != OK)
        return false;
    del_curterm (cur_term); /* who opens the screen reads it again */
    return true;
}
