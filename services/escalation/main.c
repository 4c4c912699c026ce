/* main.c - buckstop-escalation: the wiring and nothing else. */
#include "escalation.h"

int main (int argc, char **argv)
{
    return service_main (argc, argv, &escalation_kind, &escalation_params);
}
