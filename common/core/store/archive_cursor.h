/* archive_cursor.h - how far the archives of a workspace are, and what that lets go. Pure.
 *
 * key_archives is a sorted set: an archive's name -> the number up to which it has the events, safe. Who is in it is waited
 * for: nothing is trimmed from the stream behind the lowest, and no closed contact is deleted whose last event is not
 * behind it. An archive that is gone for good is taken out by hand (`buckstop archive remove`). */
#ifndef BUCKSTOP_ARCHIVE_CURSOR_H
#define BUCKSTOP_ARCHIVE_CURSOR_H

#include "types.h"

#define ARCHIVE_NAME "archive" /* of an archive that was given no other */

/* Up to which number events may be trimmed, and that entry stays: archives of them there are, the lowest at `lowest`;
 * required: the policy wants one. UINT64_MAX: no bound. */
uint64_t archive_bound (size_t archives, uint64_t lowest, bool required);
/* Which closed contacts may be deleted: those closed no later than this. found, at: the first entry behind lowest - 1, and
 * its time. An entry behind the lowest is not safe itself: then what is as old as that stays, too. */
wall_ms_t archive_closed_until (uint64_t lowest, uint64_t found, wall_ms_t at);

#endif
