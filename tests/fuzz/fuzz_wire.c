/* Envelopes as ZeroMQ brings them: what is taken can be packed, and is the same again. */
#include "fuzz.h"
#include "wire.h"

static const envelope_kind_t kinds[] = {BUCKSTOP__V1__ENVELOPE__BODY_SUBMIT,
                                        BUCKSTOP__V1__ENVELOPE__BODY_ACTION,
                                        BUCKSTOP__V1__ENVELOPE__BODY_RECEIPT,
                                        BUCKSTOP__V1__ENVELOPE__BODY_REFUSAL,
                                        BUCKSTOP__V1__ENVELOPE__BODY_ROUTE,
                                        BUCKSTOP__V1__ENVELOPE__BODY_DUE,
                                        BUCKSTOP__V1__ENVELOPE__BODY_OUTBOX,
                                        BUCKSTOP__V1__ENVELOPE__BODY_EVENT,
                                        BUCKSTOP__V1__ENVELOPE__BODY_EVENTS_ASK,
                                        BUCKSTOP__V1__ENVELOPE__BODY_EVENTS_PAGE,
                                        0};

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char why[DETAIL_SIZE] = "";
    envelope_t *envelope = NULL, *again = NULL;
    void *bytes = fuzz_bytes (data, size);
    wire_fault_t fault = wire_unpack (bytes, size, kinds, &envelope, why);
    free (bytes);
    if (fault) {
        MUST (!envelope);
        return 0;
    }
    size_t packed_size, second_size;
    uint8_t *packed = wire_pack (envelope, &packed_size);
    /* a field that is not known is kept as it came; one of an impossible number is not taken a second time */
    if (wire_unpack (packed, packed_size, kinds, &again, why) == WIRE_OK) {
        uint8_t *second = wire_pack (again, &second_size);
        MUST (second_size == packed_size && memcmp (second, packed, packed_size) == 0);
        free (second);
        buckstop__v1__envelope__free_unpacked (again, NULL);
    } else {
        MUST (why[0]);
    }
    free (packed);
    buckstop__v1__envelope__free_unpacked (envelope, NULL);
    return 0;
}
