/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Questions to the driver, all of which only read: the Opal status (Linux 6.1), the drive's identity, the
 * disc. A drive that answers neither claims nothing.
 */

#include "encryption/content-drive.h"

#include "base/number.h"

#include <limits.h>
#include <linux/cdrom.h>
#include <linux/hdreg.h>
#include <linux/sed-opal.h>
#include <sys/ioctl.h>

#define ATA_SECURITY_STATUS  128 /* word of the identity */
#define ATA_SECURITY_ENABLED (1U << 1)

static bool opal_is_on(int fd)
{
#ifdef IOC_OPAL_GET_STATUS
	struct opal_status status = {0};

	return ioctl(fd, IOC_OPAL_GET_STATUS, &status) == 0 && (status.flags & OPAL_FL_SUPPORTED) &&
	       (status.flags & OPAL_FL_LOCKING_ENABLED);
#else
	return false;
#endif
}

static bool ata_is_on(int fd)
{
	uint8_t identity[512] = {0};

	return ioctl(fd, HDIO_GET_IDENTITY, identity) == 0 &&
	       (load_le16(identity + 2 * (size_t)ATA_SECURITY_STATUS) & ATA_SECURITY_ENABLED);
}

bool content_drive_is_empty(int fd)
{
	int status = ioctl(fd, CDROM_DRIVE_STATUS, CDSL_CURRENT);

	return status == CDS_NO_DISC || status == CDS_TRAY_OPEN;
}

bool content_drive_locks(int disk_fd)
{
	return disk_fd >= 0 && (opal_is_on(disk_fd) || ata_is_on(disk_fd));
}
