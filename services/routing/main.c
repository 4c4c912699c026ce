/* main.c - the wiring of buckstop-routing. */
#include "routing.h"

int main (int argc, char **argv)
{
    return service_main (argc, argv, &routing_kind, &routing_params);
}
