/* main.c - the wiring of buckstop-notification. */
#include "notification.h"

int main (int argc, char **argv)
{
    return service_main (argc, argv, &notification_kind, &notification_params);
}
