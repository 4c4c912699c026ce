/* main.c - buckstop, the operator's hand: a table of commands.
 *
 * Exit status: 0 fine, 1 the answer is no (refused, or audit found something), 2 usage, 3 can not be reached, or not now.
 */
#include "commands.h"
#include "options.h"
#include "policy_yaml.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORDS_FEW = 1,
    WORDS_PAIR = 2,
    WORDS_ACT = 3,
    WORDS_MANY = 256,
    STORE_AND_WORKSPACE = USES_STORE | USES_WORKSPACE,
    INTAKE = USES_INTAKE | USES_WORKSPACE
};

/* Whoever types must know who reads it. */
static const char act_notes[] =
    "who reads TEXT:\n"
    "  reply                  the CUSTOMER: it goes out by the contact's way back (spoken: you have said it)\n"
    "  wait                   the CUSTOMER: it goes out as a reply, the question that is waited for; without TEXT\n"
    "                         the last reply was the question\n"
    "  note                   only people here: the timeline\n"
    "  decline, transfer, resolve, reopen, acknowledge, release\n"
    "                         only people here: the reason, on the timeline; release needs one. To answer the\n"
    "                         customer, reply before you resolve\n"
    "  accept                 nobody: it takes no text";

static const char customer_notes[] =
    "WHO is an id, a mail address, a number (+49...) or PLATFORM:HANDLE. FILE is CSV with a header line, its cells\n"
    "divided by ',' or ';'; or JSON, an object a line; - is standard input. Its columns: id, name, mail (mail2 ...\n"
    "mail9), phone (phone2 ...), handle (handle2 ..., PLATFORM:HANDLE), language, channel, tier, owner, deputy,\n"
    "notes. What is empty stays as it is.\n"
    "Where a match is doubtful nothing is joined: it is proposed, and 'link' or 'drop-proposal' decide it.\n"
    "forget removes who they are and what was said, and leaves kinds, times, people here, and promises.";

#define SERVICES "intake | routing | escalation | notification | console | archive | PORT | HOST:PORT | URL"
static const char health_notes[] =
    "Without a word all are asked that --services or --services-file names (the line that deploy/up prints has it), "
    "else\n"
    "all where they answer when they are told nothing else: 127.0.0.1:7421 intake, 7422 routing, 7423 escalation, "
    "7424\n"
    "notification, 7425 console, 7426 archive (if it is there). /readyz is asked, unless a URL has a path of its own.\n"
    "Exit status: 0 all are well, 1 one says that it is not, 3 one gives no answer.";

static const char repair_notes[] =
    "reroute   whoever was asked or has it gives it back, and routing looks for somebody else\n"
    "reassign  proposed to --to-person or --to-team; as with any transfer it stays until somebody accepts\n"
    "resolve   ended, by whoever is accountable\n"
    "All filters that are given must fit. What a contact's state does not allow is said, and left as it is.";

static const char watch_notes[] =
    "What is asked for must all fit. --kind, --person, --team, --channel and --state take several, divided by commas:\n"
    "any of them. The kinds are those of the member `fact` that --json prints: a wrong one is refused with a list of\n"
    "all. --person is whoever did it, was told or asked, owns it or is accountable. With --customer each contact that\n"
    "is new to this watch is asked for by HTTP, since events do not name customers. --last counts what fits.\n"
    "Deliveries that are tried again or held for one reason are a line a minute, which says how many they were; "
    "--all,\n"
    "--json, --contact and --kind show each.";

static const char policy_notes[] =
    "diff FILE shows what applying it would change; diff VERSION what has changed since that one. Its exit status\n"
    "is that of diff(1): 0 the same, 1 they differ, more: it could not be looked at. rollback applies the text of a "
    "former version again, as a version of its own; without VERSION that of\n"
    "the newest that says something else. The last 32 versions are kept, each with who applied it and when.";

static const char keys_notes[] =
    "new makes DIR/NAME.key (secret: for that process alone) and DIR/public/NAME.pub (for all of them); what is there "
    "stays.\n"
    "Each process takes its own with --keys DIR; who is in public/ is heard, and the folder is looked at each second.\n"
    "To change a key without a pause:\n"
    "  1  buckstop keys new --dir DIR --names intake --next     intake.next.key; hand public/intake.next.pub to all\n"
    "  2  mv DIR/intake.next.key DIR/intake.key                 and start the intakes again, one after the other\n"
    "  3  mv DIR/public/intake.next.pub DIR/public/intake.pub   from then on the old one is a stranger's";

static const char held_notes[] =
    "sending is held after a restore, and by 'begin': messages come in and deadlines pass, but nothing goes out.\n"
    "release: these go in spite of it. end: nothing is held any more, what is left goes out.\n"
    "drop: they never go. A dropped answer failed for good: whoever wrote it is told, and it is owed again; with "
    "--sent it\n"
    "counts as given, since it went out before. What is written to people and not to customers ends as moot.";

const command_t commands[] = {
    {"submit", "hand in what a customer says", "TEXT [options]",
     "buckstop submit 'Where is my parcel?' --channel mail --customer ann@example.org --subject Parcel", 1, WORDS_FEW,
     INTAKE, cmd_submit},
    {"show", "one contact: state, promises, timeline", "CONTACT [options]", "buckstop show 7TQ4ZD", 1, WORDS_FEW,
     INTAKE, cmd_show, NULL, "contacts"},
    {"list", "contacts, by state, team, owner", "[options]", "buckstop list --at-risk --team billing", 0, 0, INTAKE,
     cmd_list},
    {"act", "do something with a contact: accept it, reply, note, hand it on, resolve it",
     "accept | decline | reply | note | wait | transfer | resolve | reopen | acknowledge | release CONTACT [TEXT] "
     "[options]",
     "buckstop act reply 7TQ4ZD 'It is on its way.' --person ada", WORDS_PAIR, WORDS_ACT, INTAKE, cmd_act, act_notes,
     "- contacts"},
    {"repair", "the same step for many contacts: back to routing, to somebody else, resolved",
     "reroute | reassign | resolve [options]",
     "buckstop repair reroute --owner ben --reason 'ben is ill' --dry-run\n"
     "  buckstop repair reassign --team cards --to-team front --reason 'the card desk is closed today'\n"
     "  buckstop repair resolve --subject 'printer test' --older 2h --reason 'a test'",
     1, WORDS_FEW, INTAKE, cmd_repair, repair_notes},
    {"watch", "follow what happens", "[options]",
     "buckstop watch --team billing\n  buckstop watch --kind promise_broken,step --json", 0, 0, INTAKE | USES_STREAM,
     cmd_watch, watch_notes},
    {"top", "the board in a terminal, live: what breaks next, who is there, what happens; keys to act", "[options]",
     "buckstop top --console http://127.0.0.1:7480 --person dana", 0, 0, INTAKE, cmd_top},
    {"people", "who is there; be there; a company's own list of people into the policy",
     "[list | present PERSON | away PERSON | import FILE] [options]",
     "buckstop people present ada --for 8h\n  buckstop people import staff.csv --dry-run", 0, WORDS_PAIR, INTAKE,
     cmd_people, "import has options of its own: buckstop people import --help"},
    {"explain", "who would get a contact now, and why nobody else", "CONTACT [options]", "buckstop explain 7TQ4ZD", 1,
     WORDS_FEW, STORE_AND_WORKSPACE, cmd_explain, NULL, "contacts"},
    {"audit", "read every record and say what is wrong", "[options]",
     "buckstop audit --redis unix:/run/buckstop/redis.sock", 0, 0, STORE_AND_WORKSPACE, cmd_audit},
    {"policy", "check a policy, apply it, show the one in force; what it was before, and back to it",
     "check FILE | apply FILE | show [VERSION] | history | diff FILE | diff VERSION [VERSION] | rollback [VERSION] "
     "[options]",
     "buckstop policy check deploy/policies/example.yaml\n  buckstop policy diff my.yaml\n"
     "  buckstop policy rollback --dry-run",
     1, WORDS_ACT, STORE_AND_WORKSPACE, cmd_policy, policy_notes},
    {"workspace", "which there are; take one away that nobody needs any more", "[list | remove NAME] [options]",
     "buckstop workspace remove trial --dry-run\n  buckstop workspace remove trial --yes", 0, WORDS_PAIR, USES_STORE,
     cmd_workspace,
     "remove is refused while a contact is not closed, something has not gone out, or an archive lacks events.\n"
     "It takes the workspace's contacts, people, customers, events, former policies and tokens."},
    {"channel", "what a webhook's payload would become, field by field",
     "test FILE [--channel NAME] [--header H: V] [--secret FILE] [options] < PAYLOAD",
     "buckstop channel test deploy/channels/slack.yaml --header 'X-Slack-Signature: v0=...' < payload.json", WORDS_PAIR,
     WORDS_PAIR, 0, cmd_channel,
     "FILE is a description (deploy/channels has some), or a policy; then --channel names one of its channels"},
    {"keys", "make keys for the links between processes", "new --dir DIR [--names NAME,...] [--next]",
     "buckstop keys new --dir /etc/buckstop/keys", 1, WORDS_FEW, 0, cmd_keys, keys_notes},
    {"token", "issue, revoke and list bearer tokens", "issue --scope SCOPE | revoke TOKEN | list [options]",
     "buckstop token issue --scope person --person ada --note 'ada, laptop'", 1, WORDS_PAIR, STORE_AND_WORKSPACE,
     cmd_token},
    {"customer", "who customers are: look, import, link two that are one, forget",
     "show WHO | import FILE | link WHO OTHER | unlink WHO | proposals | drop-proposal WHO IDENTITY | forget WHO "
     "[options]",
     "buckstop customer show ann@example.org\n  buckstop customer import customers.csv --dry-run\n"
     "  buckstop customer link ann@example.org +4930123456 --by ada --reason 'she said so'\n"
     "  buckstop customer unlink +4930123456 --by ada\n"
     "  buckstop customer forget ann@example.org --by dana --reason 'asked by letter of 2 May'",
     1, WORDS_ACT, STORE_AND_WORKSPACE, cmd_customer, customer_notes},
    {"dead", "deliveries that failed for good; send one again", "[list | replay DELIVERY] [options]",
     "buckstop dead replay 0123456789abcdef-0", 0, WORDS_PAIR, STORE_AND_WORKSPACE, cmd_dead},
    {"health", "whether the services are well, by their own word; or one of them", "[" SERVICES "] [options]",
     "buckstop health\n  buckstop health routing\n  buckstop health http://127.0.0.1:7420/healthz", 0, WORDS_FEW, 0,
     cmd_health, health_notes},
    {"backup", "a copy of all that the store holds, as it is at one moment", "DIRECTORY [options]",
     "buckstop backup /var/backups/buckstop/2026-05-02 --redis-user operator --redis-password-file operator.pw", 1, 1,
     USES_STORE, cmd_backup,
     "one node is copied: all shards of it, at one moment, while it works on. Files of the spool and of an archive "
     "are\n"
     "copied as files, behind it: what the copy names is there then."},
    {"restore", "put a backup into a redis; sending is held until it is released", "DIRECTORY [options]",
     "buckstop restore /var/backups/buckstop/2026-05-02 --redis 127.0.0.1:6379", 1, 1, USES_STORE, cmd_restore,
     "the redis runs, is empty, and has the settings that the services want; it fetches the copy from this process.\n"
     "--redis names the node itself, not sentinels. Then start the services, and see 'buckstop help held'."},
    {"held", "what waits while sending is held, after a restore say; let it go, or drop it",
     "[list] | show ID | release [ID ...] | drop [ID ...] | begin | end [options]",
     "buckstop held list\n  buckstop held release 0123456789abcdef-0 --by dana\n"
     "  buckstop held drop --customers --before 2026-05-02T10:00:00Z --sent --by dana --reason 'sent before the "
     "backup'\n"
     "  buckstop held end --by dana",
     0, WORDS_MANY, STORE_AND_WORKSPACE, cmd_held, held_notes},
    {"log-level", "how much a service that runs writes into its log", SERVICES " [LEVEL] [options]",
     "buckstop log-level escalation debug\n  buckstop log-level 127.0.0.1:7421", 1, WORDS_PAIR, 0, cmd_log_level,
     "A service's name is looked up as 'buckstop help health' says (or give --health). LEVEL is error, warning, "
     "notice, "
     "info\n"
     "or debug; without it the level is shown. A service takes a change from its own machine alone, and begins with "
     "its\n"
     "--log-level again when it is started anew. At debug each step of each contact is a line, with its trace.",
     "- levels"},
    {"archive", "read an archive's files; how far archives are",
     "read PATH ... | forget PATH ... | list | remove NAME [options]",
     "buckstop archive read /var/lib/buckstop/archive --kind promise_broken --from 2026-05-01", 1, WORDS_MANY,
     USES_STORE, cmd_archive,
     "PATH is the directory of an archive, that of a workspace in it, or a file. Each event is told once.\n"
     "forget takes out of closed files what 'customer forget' took out of the store.\n"
     "list and remove look at the store: what an archive that is gone for good does not have is kept for ever, until "
     "it is\n"
     "removed there."},
    {"report", "promises kept and broken, and where time was lost, from an archive", "PATH ... [options]",
     "buckstop report /var/lib/buckstop/archive --from 2026-05-01 --to 2026-06-01", 1, WORDS_MANY, 0, cmd_report,
     "by promise, channel, team, person (who had it, else who was accountable) and topic (the policy's rule). Of each\n"
     "promise that broke: how its time went, from when it was made until then."},
    {NULL},
};

static const command_t *find (const char *name)
{
    for (const command_t *row = commands; row->name; row++)
        if (strcmp (row->name, name) == 0)
            return row;
    return NULL;
}

static void print_commands (FILE *out)
{
    fputs ("buckstop - who is accountable, and when it escalates\n\nusage: buckstop COMMAND [options]\n\ncommands:\n",
           out);
    for (const command_t *row = commands; row->name; row++)
        fprintf (out, "  %-9s %s\n", row->name, row->summary);
    fputs ("  help      a command's page: buckstop help watch\n"
           "  completion words and options for bash, zsh or fish: source <(buckstop completion bash)\n\n"
           "a CONTACT is its id, or the last four or more characters of it, as watch prints them\n\n"
           "exit status: 0 fine, 1 the answer is no, 2 usage, 3 can not be reached, or not now\n\n"
           "example:\n  BUCKSTOP_TOKEN=bs_... buckstop list --at-risk\n",
           out);
}

static int help_of_completion (void)
{
    fputs ("buckstop completion - words and options for a shell\n\n"
           "usage: buckstop completion bash | zsh | fish\n"
           "       buckstop completion values WHAT [options]\n"
           "       buckstop completion names\n\n"
           "The first prints a script for that shell, which asks for names (people, teams, channels ...) by the second "
           "when\n"
           "somebody presses TAB; 'buckstop completion values --help' says which. The third prints the commands, one a "
           "line.\n\n"
           "example:\n"
           "  source <(buckstop completion bash)\n"
           "  buckstop completion bash > ~/.local/share/bash-completion/completions/buckstop\n"
           "  buckstop completion zsh > ~/.zfunc/_buckstop        # a folder of your fpath\n"
           "  buckstop completion fish > ~/.config/fish/completions/buckstop.fish\n",
           stdout);
    return CLI_FINE;
}

static int help (int argc, char **argv)
{
    const command_t *row = argc > 2 ? find (argv[2]) : NULL;
    if (argc > 2 && strcmp (argv[2], "completion") == 0)
        return help_of_completion ();
    if (argc > 2 && !row)
        return cli_unknown (argv[2]);
    if (!row) {
        print_commands (stdout);
        return CLI_FINE;
    }
    char word[] = "--help";
    char *words[] = {argv[2], word, NULL};
    cli_t cli = {.json = false};
    return row->run (&cli, row, 2, words);
}

/* buckstop(1): the commands; each has a page of its own. */
static void print_man (void)
{
    printf (".TH BUCKSTOP 1 \"\" \"buckstop %s\" \"buckstop\"\n.SH NAME\nbuckstop \\- who is accountable, and when it "
            "escalates\n.SH SYNOPSIS\n.B buckstop\n\\fICOMMAND\\fR [options]\n.SH DESCRIPTION\n"
            "The hand of an operator: every command has a page of its own, and \\fBbuckstop help\\fR \\fICOMMAND\\fR "
            "prints the same.\nA \\fICONTACT\\fR is its id, or the last four or more characters of it.\n"
            ".SH COMMANDS\n",
            BUCKSTOP_VERSION);
    for (const command_t *row = commands; row->name; row++) {
        printf (".TP\n.BR buckstop\\-%s (1)\n", row->name);
        options_roff (row->summary, stdout);
        putchar ('\n');
    }
    fputs (".SH EXIT STATUS\n0 fine, 1 the answer is no, 2 usage, 3 it can not be reached, or not now\n.SH SEE ALSO\n",
           stdout);
    static const char *const services[] = {"intake", "routing", "escalation", "notification", "console", "archive"};
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        printf (".BR buckstop\\-%s (8)%s\n", services[i], i + 1 < sizeof services / sizeof *services ? "," : "");
}

/* For scripts: the commands, one a line. */
static int print_names (void)
{
    for (const command_t *row = commands; row->name; row++)
        puts (row->name);
    puts ("people import"); /* it has a page of its own */
    return CLI_FINE;
}

/* Each command prints its own part. */
static int print_completion (const char *shell)
{
    if (strcmp (shell, "names") == 0)
        return print_names ();
    options_command_t *list = calloc (sizeof commands / sizeof *commands, sizeof *list);
    char name[32], option[64];
    int rc = CLI_FINE;
    if (!list || (strcmp (shell, "bash") != 0 && strcmp (shell, "zsh") != 0 && strcmp (shell, "fish") != 0)) {
        free (list);
        return cli_fail (CLI_USAGE, "usage: buckstop completion bash | zsh | fish\nexample:\n"
                                    "  source <(buckstop completion bash)");
    }
    for (size_t i = 0; commands[i].name; i++)
        list[i] = (options_command_t){commands[i].name, commands[i].summary};
    options_completion_begin ("buckstop", list, shell, stdout);
    snprintf (option, sizeof option, "--completion=%s", shell);
    for (const command_t *row = commands; row->name && rc == CLI_FINE; row++) {
        snprintf (name, sizeof name, "%s", row->name);
        char *words[] = {name, option, NULL};
        cli_t cli = {.json = false};
        rc = row->run (&cli, row, 2, words);
    }
    options_completion_end ("buckstop", shell, stdout);
    free (list);
    return rc;
}

static int perform (const command_t *row, int argc, char **argv)
{
    cli_t cli = {.json = false};
    curl_global_init (CURL_GLOBAL_DEFAULT);
    int status = row->run (&cli, row, argc - 1, argv + 1);
    curl_global_cleanup ();
    return status;
}

int main (int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (!*word) {
        print_commands (stderr);
        return CLI_USAGE;
    }
    if (strcmp (word, "help") == 0 || strcmp (word, "--help") == 0 || strcmp (word, "-h") == 0)
        return help (strcmp (word, "help") == 0 ? argc : 1, argv);
    if (strcmp (word, "--version") == 0) {
        printf ("buckstop %s\n", BUCKSTOP_VERSION);
        return CLI_FINE;
    }
    if (strcmp (word, "--man") == 0) {
        print_man ();
        return CLI_FINE;
    }
    if (strcmp (word, "completion") == 0 && argc > 2 && strcmp (argv[2], "values") == 0)
        return completion_values (argc - 2, argv + 2);
    if (strcmp (word, "completion") == 0 && argc > 2 &&
        (strcmp (argv[2], "--help") == 0 || strcmp (argv[2], "-h") == 0))
        return help_of_completion ();
    if (strcmp (word, "completion") == 0)
        return print_completion (argc > 2 ? argv[2] : "");
    const command_t *row = find (word);
    if (!row)
        return cli_unknown (word);
    return perform (row, argc, argv);
}
