/* main.c - buckstop-intake: the wiring. */
#include "intake.h"

int main (int argc, char **argv)
{
    return service_main (argc, argv, &intake_kind, &intake_params);
}
