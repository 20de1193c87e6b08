console.log('backend')
