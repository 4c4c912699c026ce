/* policy_tree.h - the text of a policy as a tree of nodes, each with its place. Pure. For policy*.c alone. */
#ifndef BUCKSTOP_POLICY_TREE_H
#define BUCKSTOP_POLICY_TREE_H

#include "policy.h"
#include "policy_arena.h"

/* What a text may have. A policy of a thousand people stays far below. */
enum {
    TREE_TEXT_MAX = 1024 * 1024, /* bytes */
    TREE_DEPTH_MAX = 16,
    TREE_KIDS_MAX = 4096, /* entries of one map or list */
    TREE_ERRORS_MAX = 100,
    TREE_DOCUMENTS_MAX = 64,
};

/* REFUSED: an error has been said about it, nothing more is to be said. */
typedef enum node_kind { NODE_TEXT, NODE_NOTHING, NODE_REFUSED, NODE_LIST, NODE_MAP } node_kind_t;

typedef struct node {
    node_kind_t kind;
    int line, column; /* from 1 */
    const char *text; /* TEXT, and of a key; ends with a zero */
    size_t length;
    const struct node *first; /* LIST: its items; MAP: its keys */
    const struct node *next;  /* the item or key behind this one; of a root: that of the next document */
    const struct node *value; /* of a key */
    size_t n;                 /* kids */
    bool plain;               /* TEXT: it stands without quotes */
} node_t;

/* The root, in the arena; NULL with at least one error. Duplicate keys, aliases, anchors, merge keys and
 * tags are errors, and the walk goes on behind them where it can. */
const node_t *tree_parse (struct policy_arena *arena, const char *text, size_t length, policy_errors_t *errors);

/* One more error, up to TREE_ERRORS_MAX; the words are cut to their room. */
void tree_error (policy_errors_t *errors, int line, int column, const char *expected, const char *what, ...)
    __attribute__ ((format (printf, 5, 6)));

#endif
