/* Stands in for libavahi so that a printer program starts without avahi-daemon and D-Bus: every call succeeds and does
   nothing. Loaded with LD_PRELOAD; nothing is announced on the network. */

static int nothing;

#define POINTER(name) void *name(void) { return &nothing; }
#define ZERO(name) int name(void) { return 0; }

POINTER(avahi_threaded_poll_new)
POINTER(avahi_threaded_poll_get)
ZERO(avahi_threaded_poll_start)
ZERO(avahi_threaded_poll_stop)
ZERO(avahi_threaded_poll_free)
ZERO(avahi_threaded_poll_lock)
ZERO(avahi_threaded_poll_unlock)

void *avahi_client_new(const void *poll, int flags, void *callback, void *data, int *error)
{
  (void)poll, (void)flags, (void)callback, (void)data;
  if (error)
    *error = 0;
  return &nothing;
}

ZERO(avahi_client_free)
ZERO(avahi_client_errno)
int avahi_client_get_state(void) { return 2; /* running */ }
const char *avahi_client_get_host_name_fqdn(void) { return "localhost"; }

POINTER(avahi_entry_group_new)
ZERO(avahi_entry_group_free)
ZERO(avahi_entry_group_commit)
ZERO(avahi_entry_group_reset)
ZERO(avahi_entry_group_add_service_strlst)
ZERO(avahi_entry_group_add_service_subtype)
