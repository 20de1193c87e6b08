console.log('gateway')
