/* main.c - buckstop-archive. */
#include "archive.h"

int main (int argc, char **argv)
{
    return service_main (argc, argv, &archive_kind, &archive_params);
}
