/* service_store.c - the store of a service, as its parameters say it; the passwords are read apart. */
#include "service_private.h"

#include "option_checks.h"

store_config_t service_store_config (const service_t *self)
{
    return (store_config_t){.address = self->redis,
                            .user = self->redis_user,
                            .tls_ca = self->redis_ca,
                            .tls_cert = self->redis_cert,
                            .tls_key = self->redis_key,
                            .durability = option_durability_of (self->durability),
                            .shards = (int)self->shards,
                            .service = self->name,
                            .record_path = self->record};
}

bool store_may_be_used (const service_t *self, FILE *err)
{
    char why[DETAIL_SIZE];
    const store_config_t config = service_store_config (self);
    if (self->redis_user && *self->redis_user && !(self->redis_password_file && *self->redis_password_file)) {
        fprintf (err, "buckstop-%s: --redis-user %s: a user logs in with a password: --redis-password-file FILE\n",
                 self->name, self->redis_user);
        return false;
    }
    if (store_config_fine (&config, why))
        return true;
    fprintf (err, "buckstop-%s: --redis: %s\n", self->name, why);
    return false;
}
