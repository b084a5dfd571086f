/* bcryptprimitives.dll for Wine 8, which lacks it: the one function that Go programs need, from the one that Wine has. For tests only. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE p, SIZE_T n) {
	while (n > 0) {
		ULONG k = n > 0x10000000 ? 0x10000000 : (ULONG)n;
		if (!SystemFunction036(p, k))
			return FALSE;
		p += k;
		n -= k;
	}
	return TRUE;
}
