/* line.c - an event of the stream as a line of an archive, and back.
 *
 * CloudEvents (specification 1.0.2, JSON format and batched content mode): id is unique within source, and the same at each
 * attempt: series, number and time, since without files nobody knows that a store was put back and draws its numbers again;
 * subject is the contact; time is when it was committed. */
#include "line.h"

#include "plan.h"
#include "values.h"
#include "views.h"
#include "xmalloc.h"

#include <inttypes.h>
#include <string.h>

json_t *line_of (const char *workspace, unsigned series, uint64_t number, const void *bytes, size_t size)
{
    json_t *line = xcheck (
        json_pack ("{s:i, s:I, s:s}", "series", (int)series, "number", (json_int_t)number, "workspace", workspace));
    Buckstop__V1__Event *event = buckstop__v1__event__unpack (NULL, size, bytes);
    if (!event) {
        json_object_set_new (line, "unreadable", json_true ());
        return line;
    }
    event->number = number;
    json_t *view = view_event (event);
    json_object_update (line, view);
    char trace[TRACE_SIZE];
    json_object_set_new (line, "trace", value_text (event_trace (event, trace)));
    if (event->rule && *event->rule)
        json_object_set_new (line, "rule", value_text (event->rule));
    if (event->n_loads) {
        json_t *loads = json_array ();
        for (size_t i = 0; i < event->n_loads; i++)
            json_array_append_new (loads, json_pack ("{s:o, s:o, s:i}", "person", value_text (event->loads[i]->person),
                                                     "channel", value_text (event->loads[i]->channel), "change",
                                                     (int)event->loads[i]->change));
        json_object_set_new (line, "loads", loads);
    }
    json_decref (view);
    buckstop__v1__event__free_unpacked (event, NULL);
    return line;
}

static const char *text_of (const json_t *line, const char *key)
{
    const char *text = json_string_value (json_object_get (line, key));
    return text ? text : "";
}

json_t *line_cloud (json_t *line)
{
    char id[96], source[NAME_SIZE + 16], type[NAME_SIZE + 16];
    const json_t *facts = json_object_get (line, "facts");
    const char *fact = text_of (json_array_get (facts, 0), "fact");
    const char *at = text_of (line, "at");
    snprintf (id, sizeof id, "%lld-%lld%s%.30s", (long long)json_integer_value (json_object_get (line, "series")),
              (long long)json_integer_value (json_object_get (line, "number")), *at ? "-" : "", at);
    snprintf (source, sizeof source, "/buckstop/%s", text_of (line, "workspace"));
    snprintf (type, sizeof type, "buckstop.%s", *fact ? fact : "event");
    json_t *cloud = xcheck (json_pack ("{s:s, s:s, s:s, s:s, s:s}", "specversion", "1.0", "id", id, "source", source,
                                       "type", type, "datacontenttype", "application/json"));
    if (*at)
        json_object_set (cloud, "time", json_object_get (line, "at"));
    if (*text_of (line, "contact"))
        json_object_set (cloud, "subject", json_object_get (line, "contact"));
    if (*text_of (line, "trace"))
        json_object_set (cloud, "traceparent", json_object_get (line, "trace"));
    json_object_set_new (cloud, "data", line);
    return cloud;
}

bool line_place (const json_t *line, unsigned *series, uint64_t *number)
{
    *series = (unsigned)json_integer_value (json_object_get (line, "series"));
    *number = (uint64_t)json_integer_value (json_object_get (line, "number"));
    return *series && *number;
}

void line_without_texts (json_t *line)
{
    static const char *const words[] = {"text", "detail"};
    size_t index;
    json_t *fact;
    json_object_del (line, "subject");
    json_array_foreach (json_object_get (line, "facts"), index, fact)
    {
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            json_object_del (fact, words[i]);
    }
}

json_t *line_forgotten (const json_t *line)
{
    static const char *const kept[] = {"series", "number", "workspace", "at"};
    json_t *left = json_object ();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_object_get (line, kept[i]))
            json_object_set (left, kept[i], json_object_get (line, kept[i]));
    json_object_set_new (left, "facts", json_pack ("[{s:s}]", "fact", "forgotten"));
    json_object_set_new (left, "forgotten", json_true ());
    return left;
}

bool line_is (const char *line, uint64_t number, const void *bytes, size_t size)
{
    static const char *const same[] = {"at", "contact", "version", "person"};
    json_t *had = json_loads (line, 0, NULL), *is = line_of ("", 1, number, bytes, size);
    bool fine = had && json_integer_value (json_object_get (had, "number")) == (json_int_t)number;
    bool forgotten = json_is_true (json_object_get (had, "forgotten"));
    for (size_t i = 0; i < sizeof same / sizeof *same && fine && !forgotten; i++) {
        const json_t *a = json_object_get (had, same[i]), *b = json_object_get (is, same[i]);
        fine = (!a && !b) || (a && b && json_equal (a, b));
    }
    json_decref (had);
    json_decref (is);
    return fine;
}
