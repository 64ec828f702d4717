/* HylaFAX waits in each call for modems that need it: three whole seconds, and after each answer a tenth of a second for
   what may follow. Ours do not. Loaded into faxsend and faxgetty only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <termios.h>
#include <unistd.h>

unsigned sleep(unsigned seconds)
{
	usleep(seconds * 10000);
	return 0;
}

/* What is there is read at once (VMIN 1), not when nothing has come for VTIME tenths of a second. */
int tcsetattr(int terminal, int when, const struct termios *wanted)
{
	int (*set)(int, int, const struct termios *) = dlsym(RTLD_NEXT, "tcsetattr");
	struct termios hasty = *wanted;
	if (hasty.c_cc[VMIN] > 1)
		hasty.c_cc[VMIN] = 1;
	return set(terminal, when, &hasty);
}
