/* cli_slow.c - is it time to say how far one is? What takes longer than one likes to wait says so. */
#include "cli.h"

#include "clock.h"

enum { SLOW_MS = 2000 };

bool cli_slow (cli_slow_t *self)
{
    mono_ms_t now = clock_mono ();
    if (!self->began)
        self->began = self->said = now;
    if (now - self->said < SLOW_MS)
        return false;
    self->said = now;
    return true;
}
