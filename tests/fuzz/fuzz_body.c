/* Bodies of requests, JSON and protobuf: a submission and an action. */
#include "body.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char why[DETAIL_SIZE];
    uint8_t kind = fuzz_choice (data, &size);
    void *bytes = fuzz_bytes (data, size);
    body_t body = {NULL, NULL};
    refusal_t refusal;
    body_type_t type = kind & 1 ? BODY_PROTOBUF : BODY_JSON;
    if (kind & 2) {
        Buckstop__V1__Action action;
        if (body_action (&body, type, bytes, size, "01JD0000000000000000000000", &action, &refusal))
            wire_check_action (&action, why);
    } else {
        Buckstop__V1__Submit submit;
        if (body_submit (&body, type, bytes, size, kind & 4 ? "01JD0000000000000000000000" : "", &submit, &refusal))
            wire_check_submit (&submit, why);
    }
    body_clear (&body);
    free (bytes);
    return 0;
}
