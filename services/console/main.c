/* main.c - the wiring of buckstop-console. */
#include "console.h"

int main (int argc, char **argv)
{
    return service_main (argc, argv, &console_kind, &console_params);
}
