// A thermal zone whose temperature is a word in the guest's memory that the host writes. SPDX-License-Identifier: MIT
// Temperatures are in tenths of a kelvin. The address is that of guest.py, which keeps the kernel off that page.
DefinitionBlock ("zone.aml", "SSDT", 2, "PFADPT", "VMZONE", 0x00000001)
{
    External (\_SB.CPUS.C000, DeviceObj)

    Scope (\_TZ)
    {
        OperationRegion (HOST, SystemMemory, 0x0FF00000, 0x1000)
        Field (HOST, DWordAcc, NoLock, Preserve)
        {
            HTMP, 32
        }

        ThermalZone (TZVM)
        {
            Method (_TMP, 0, Serialized) { Return (HTMP) }
            Name (_CRT, 3832)    // 110 C: the kernel powers the guest off
            Name (_HOT, 3732)    // 100 C
            Name (_PSV, 3532)    // 80 C: the processor is slowed down
            Name (_PSL, Package () { \_SB.CPUS.C000 })
            Name (_TC1, 1)
            Name (_TC2, 1)
            Name (_TSP, 10)      // a look each second while that goes on
        }
    }
}
