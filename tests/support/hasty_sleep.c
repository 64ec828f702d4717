/* HylaFAX sleeps three whole seconds in each call, for modems that need it; ours do not. Loaded into faxsend only. */
#include <unistd.h>

unsigned sleep(unsigned seconds)
{
	usleep(seconds * 10000);
	return 0;
}
