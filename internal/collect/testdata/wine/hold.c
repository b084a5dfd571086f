/* Keeps files open until it is killed: hold.exe NONE FILE shares them with nobody, hold.exe WRITE FILE as a server does with its log. */
#include <windows.h>
#include <string.h>

int main(int argc, char **argv) {
	if (argc < 3)
		return 2;
	DWORD share = strcmp(argv[1], "NONE") == 0 ? 0 : FILE_SHARE_READ | FILE_SHARE_WRITE;
	HANDLE h = CreateFileA(argv[2], GENERIC_READ | GENERIC_WRITE, share, NULL, OPEN_EXISTING, 0, NULL);
	if (h == INVALID_HANDLE_VALUE)
		return 1;
	Sleep(120000);
	return 0;
}
