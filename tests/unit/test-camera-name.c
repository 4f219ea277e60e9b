/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a camera names, and what a person may have named. */

#include "outing/camera-name.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check(const char *const *paths, size_t count, bool expected)
{
	for (size_t i = 0; i < count; i++)
		if (camera_named(paths[i]) != expected)
			fail_msg("\"%s\" is%s named by a camera", paths[i], expected ? "" : " not");
}

static void pictures_of_cameras_are_known(void **state)
{
	static const char *const paths[] = {"DCIM/100MSDCF/DSC00001.JPG", "DCIM/101CANON/IMG_9999.CR2",
		"DCIM/100NIKON/DSCN0042.JPG", "DCIM/100_PANA/P1000123.RW2", "DCIM/100_FUJI/DSCF1234.RAF",
		"DCIM/100OLYMP/PB220017.ORF", "DCIM/100GOPRO/GOPR0001.MP4", "DCIM/100GOPRO/GH010002.LRV",
		"DCIM/100PENTX/IMGP0007.DNG", "DCIM/100_1122/_MG_0001.JPG", "DCIM/10061123/DSC00001.JPG",
		"DCIM/999RICOH/R0010001.JPG", "dcim/100msdcf/dsc00001.jpg", "DCIM/100EOS5D/MVI_0003.THM",
		"DCIM/100ND800/_DSC0001.NEF", "DCIM/Camera/IMG_20261122_093000.jpg",
		"DCIM/Camera/PXL_20261122_093000123.jpg", "DCIM/CANONMSC/M0100.CTG"};

	check(paths, ELEMENTS(paths), true);
}

static void structures_of_cameras_are_known(void **state)
{
	static const char *const paths[] = {"PRIVATE/M4ROOT/CLIP/C0001.MP4",
		"PRIVATE/M4ROOT/CLIP/C0001M01.XML", "PRIVATE/M4ROOT/THMBNL/C0001T01.JPG",
		"PRIVATE/M4ROOT/MEDIAPRO.XML", "PRIVATE/AVCHD/BDMV/STREAM/00000.MTS",
		"AVCHD/BDMV/CLIPINF/00000.CPI", "AVCHD/BDMV/INDEX.BDM", "PRIVATE/AVCHD/BDMV/MOVIEOBJ.BDM",
		"PRIVATE/SONY/SONYCARD.IND", "MISC/AUTPRINT.MRK", "MISC/version.txt",
		"M4ROOT/SUB/C0001S03.MP4", "NIKON001.DSC", "MP_ROOT/101_0101/MAH00001.MP4",
		"System Volume Information/WPSettings.dat", "AUTORUN.INF"};

	check(paths, ELEMENTS(paths), true);
}

/* Invented names, each where a person can put one. */
static void what_people_name_is_not_taken(void **state)
{
	static const char *const paths[] = {"Amelia.jpg", "DCIM/100MSDCF/Amelia.JPG",
		"DCIM/Amelia/DSC00001.JPG", "DCIM/100LILYS/DSC00001.JPG", "DCIM/100MSDCF/LILY0001.JPG",
		"DCIM/100MSDCF/AMY_0001.JPG", "DCIM/100MSDCF/DSC00001 Amelia.JPG",
		"DCIM/100MSDCF/DSC00001.JPG.Amelia", "DCIM/100MSDCF/Amelia/DSC00001.JPG",
		"PRIVATE/Amelia/C0001.MP4", "PRIVATE/M4ROOT/CLIP/Amelia.MP4", "MISC/Amelia.txt",
		"MISC/amelia.mrk", "Trip to the farm/DSC00001.JPG", "DSC00001.JPG", "DCIM/DSC00001.JPG",
		"DCIM/Camera/Amelia_20261122_093000.jpg", "DCIM/Camera/IMG_20261122_093000_Amelia.jpg",
		"DCIM/100MSDCF/DSC00001.TXT", "DCIM/100MSDCF/DSC00001.DOC",
		"DCIM/Camera/IMG_20261122_Amelia.jpg"};

	check(paths, ELEMENTS(paths), false);
}

static void what_breaks_the_rule_is_not_taken(void **state)
{
	static const char *const paths[] = {"", "/", "DCIM", "DCIM/", "DCIM//DSC00001.JPG",
		"/DCIM/100MSDCF/DSC00001.JPG", "DCIM/100MSDCF/DSC00001.JPG/", "DCIM/100MSDCF/",
		"DCIM/099MSDCF/DSC00001.JPG", "DCIM/000MSDCF/DSC00001.JPG", "DCIM/100MSDC/DSC00001.JPG",
		"DCIM/100MSDCFX/DSC00001.JPG", "DCIM/100MSDCF/DSC00000.JPG", "DCIM/100MSDCF/DSC0001.JPG",
		"DCIM/100MSDCF/DSC000001.JPG", "DCIM/100MSDCF/DSC00001", "DCIM/100MSDCF/DSC00001.",
		"DCIM/100MSDCF/.JPG",
		"DCIM/100MSDCF/DSC\xc3\xa9"
		"0001.JPG",
		"DCIM/100MSDCF/DSC\xff"
		"0001.JPG",
		"DCIM/100MSDCF/DSC 0001.JPG", "PRIVATE", "PRIVATE/", "MISC/", "MISC/../Amelia.JPG",
		"PRIVATE/C0001.MP4/", "PRIVATE//C0001.MP4", "PRIVATE/1/2/3/4/5/6/7/C0001.MP4",
		"PRIVATE/012345678.MP4", "DCIM/Camera/IMG_20261122.jpg",
		"DCIM/Camera/IMG_00000000_000000.jpg", "DCIM/Camera/IMG_20261122_0930001234.jpg"};

	check(paths, ELEMENTS(paths), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_of_cameras_are_known),
		cmocka_unit_test(structures_of_cameras_are_known),
		cmocka_unit_test(what_people_name_is_not_taken),
		cmocka_unit_test(what_breaks_the_rule_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
