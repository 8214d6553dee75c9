/* A process around main.weft. Made by weft 0.1.0; do not edit: change the program, then
 *     weft build --emit c -o DIR main.weft
 */
#include "per_port.h"

int main(int argc, char **argv)
{
	return weft_main(&per_port_program, argc, argv);
}
